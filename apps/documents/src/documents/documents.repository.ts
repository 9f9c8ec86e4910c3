import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { DatabaseService } from 'nestjs-mainstay/database';
import { LessThan, type Repository } from 'typeorm';
import { Document } from './document.entity.js';
import type { PageRequest } from './page.js';

/** The rows of the documents. */
@Injectable()
export class DocumentsRepository {
  readonly #database: DatabaseService;
  readonly #rows: Repository<Document>;

  constructor(database: DatabaseService, @InjectRepository(Document) rows: Repository<Document>) {
    this.#database = database;
    this.#rows = rows;
  }

  /**
   * Adds a row, in a transaction: when that fails it is known whether the row is there, unless the error says
   * `outcome: 'unknown'`.
   * @throws an error that is detected as a conflict when the idempotency key is taken
   */
  async insert(document: Document): Promise<void> {
    await this.#database.transaction(() => this.#rows.insert(document));
  }

  async find(id: string): Promise<Document | null> {
    return this.#rows.findOneBy({ id });
  }

  async findByIdempotencyKey(idempotencyKey: string): Promise<Document | null> {
    return this.#rows.findOneBy({ idempotencyKey });
  }

  /** The documents of a page, newest first, and one more when there are more. */
  async page({ limit, after }: PageRequest): Promise<Document[]> {
    return this.#rows.find({
      where: after === undefined ? {} : { id: LessThan(after) },
      order: { id: 'DESC' },
      take: limit + 1,
    });
  }

  /** @returns whether there was such a document */
  async delete(id: string): Promise<boolean> {
    const { affected } = await this.#rows.delete({ id });
    return affected !== 0;
  }
}
