import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { CacheService } from 'nestjs-mainstay/cache';
import { Clock } from 'nestjs-mainstay/common';
import { DatabaseService } from 'nestjs-mainstay/database';
import type { Repository } from 'typeorm';
import { documentCacheKey } from '../documents/document-cache-key.js';
import { Document } from '../documents/document.entity.js';
import { LostDocument } from '../documents/lost-document.entity.js';

/** Sets documents aside whose content is missing, and puts them back when it is found. Nothing of them is lost. */
@Injectable()
export class LostDocuments {
  readonly #database: DatabaseService;
  readonly #documents: Repository<Document>;
  readonly #lost: Repository<LostDocument>;
  readonly #cache: CacheService;
  readonly #clock: Clock;

  constructor(
    database: DatabaseService,
    @InjectRepository(Document) documents: Repository<Document>,
    @InjectRepository(LostDocument) lost: Repository<LostDocument>,
    cache: CacheService,
    clock: Clock,
  ) {
    this.#database = database;
    this.#documents = documents;
    this.#lost = lost;
    this.#cache = cache;
    this.#clock = clock;
  }

  /** @returns `false` when there is no such document any more */
  async setAside(id: string): Promise<boolean> {
    const isDone = await this.#database.transaction(async () => {
      const document = await this.#documents.findOneBy({ id });
      if (document === null) return false;
      const lostAt = Math.floor(this.#clock.wallTime());
      await this.#lost.insert({ id, document: JSON.stringify(document), lostAt });
      await this.#documents.delete({ id });
      return true;
    });
    await this.#cache.delete(documentCacheKey(id));
    return isDone;
  }

  /** @returns `false` when no such document was set aside */
  async putBack(id: string): Promise<boolean> {
    const isDone = await this.#database.transaction(async () => {
      const lost = await this.#lost.findOneBy({ id });
      if (lost === null) return false;
      await this.#documents.insert(await this.#restore(lost));
      await this.#lost.delete({ id });
      return true;
    });
    await this.#cache.delete(documentCacheKey(id));
    return isDone;
  }

  /** Meanwhile the file may have been uploaded again under its key: that upload keeps it. */
  async #restore({ document: json }: LostDocument): Promise<Document> {
    const document = JSON.parse(json) as Document;
    const { idempotencyKey } = document;
    const isTaken = idempotencyKey !== null && (await this.#documents.existsBy({ idempotencyKey }));
    if (isTaken) document.idempotencyKey = null;
    return document;
  }
}
