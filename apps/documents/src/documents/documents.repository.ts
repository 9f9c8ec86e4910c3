import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { DatabaseService } from 'nestjs-mainstay/database';
import { In, LessThan, MoreThan, type Repository } from 'typeorm';
import { Document } from './document.entity.js';
import type { PageRequest } from './page.js';
import { PendingContents } from './pending-contents.js';

/** The rows of the documents. */
@Injectable()
export class DocumentsRepository {
  readonly #database: DatabaseService;
  readonly #rows: Repository<Document>;
  readonly #pending: PendingContents;

  constructor(
    database: DatabaseService,
    @InjectRepository(Document) rows: Repository<Document>,
    pending: PendingContents,
  ) {
    this.#database = database;
    this.#rows = rows;
    this.#pending = pending;
  }

  /**
   * Makes a document of a pending content, in one transaction: when that fails it is known that there is none, unless
   * the error says `outcome: 'unknown'`.
   * @throws an error that is detected as a conflict when the idempotency key is taken
   * @throws ContentTakenError
   */
  async insert(document: Document): Promise<void> {
    await this.#database.transaction(async () => {
      await this.#pending.settle(document.id);
      await this.#rows.insert(document);
    });
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

  /** The ids behind `after`, in ascending order. */
  async idsBehind(after: string, limit: number): Promise<string[]> {
    const found = await this.#rows.find({
      select: { id: true },
      where: { id: MoreThan(after) },
      order: { id: 'ASC' },
      take: limit,
    });
    return found.map(({ id }) => id);
  }

  /** Which of these documents exist. */
  async among(ids: readonly string[]): Promise<ReadonlySet<string>> {
    const found = await this.#rows.find({ select: { id: true }, where: { id: In([...ids]) } });
    return new Set(found.map(({ id }) => id));
  }

  /**
   * Removes a document and notes its content as pending, in one transaction.
   * @returns whether there was such a document
   */
  async delete(id: string): Promise<boolean> {
    return this.#database.transaction(async () => {
      const { affected } = await this.#rows.delete({ id });
      if (affected === 0) return false;
      await this.#pending.add(id);
      return true;
    });
  }
}
