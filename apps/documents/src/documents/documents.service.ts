import { Injectable } from '@nestjs/common';
import { CacheService } from 'nestjs-mainstay/cache';
import { Clock } from 'nestjs-mainstay/common';
import { InjectConfig } from 'nestjs-mainstay/config';
import type { ByteRange, StoredStream } from 'nestjs-mainstay/storage';
import { errorDetector } from '../errors/error-detector.js';
import type { IncomingFile } from '../upload/incoming-file.js';
import { DocumentContent } from './document-content.js';
import { documentCacheKey } from './document-cache-key.js';
import { DocumentIds } from './document-ids.js';
import type { Document } from './document.entity.js';
import { documentsConfig, type DocumentsConfig } from './documents.config.js';
import {
  DocumentNotFoundError,
  IdempotencyConflictError,
  InvalidFileNameError,
} from './documents.errors.js';
import { DocumentsRepository } from './documents.repository.js';
import type { PageRequest } from './page.js';
import { PendingContents } from './pending-contents.js';

/** What came of an upload. */
export interface CreatedDocument {
  readonly document: Document;
  /** `true`: the document was there from an earlier upload with the same key; nothing was stored now. */
  readonly replayed: boolean;
}

/** A document, and where its description came from. */
export interface FoundDocument {
  readonly document: Document;
  /** `stale`: a copy of this process, while the shared cache does not answer. */
  readonly cache: 'hit' | 'miss' | 'stale';
}

const MAX_NAME_LENGTH = 255;

/**
 * Keeps documents: the content in the storage, the row in the database, the description in the cache. A document exists
 * exactly when its row does; its content is written before and removed after, and is noted as pending meanwhile.
 */
@Injectable()
export class DocumentsService {
  readonly #rows: DocumentsRepository;
  readonly #content: DocumentContent;
  readonly #pending: PendingContents;
  readonly #cache: CacheService;
  readonly #ids: DocumentIds;
  readonly #clock: Clock;
  readonly #config: DocumentsConfig;

  constructor(
    rows: DocumentsRepository,
    content: DocumentContent,
    pending: PendingContents,
    cache: CacheService,
    ids: DocumentIds,
    clock: Clock,
    @InjectConfig(documentsConfig) config: DocumentsConfig,
  ) {
    this.#rows = rows;
    this.#content = content;
    this.#pending = pending;
    this.#cache = cache;
    this.#ids = ids;
    this.#clock = clock;
    this.#config = config;
  }

  /**
   * Stores a file as a new document, wholly or not at all.
   * @param idempotencyKey what the client calls this upload; repeating it with the same file gives the first document
   * @throws InvalidFileNameError
   * @throws IdempotencyConflictError when the key was used for a different file
   */
  async create(file: IncomingFile, idempotencyKey: string | null): Promise<CreatedDocument> {
    checkName(file.name);
    const id = this.#ids.next();
    return this.#pending.hold(id, async () => {
      await this.#pending.add(id);
      const document = await this.#store(id, file, idempotencyKey);
      try {
        await this.#rows.insert(document);
        return { document, replayed: false };
      } catch (error) {
        return this.#afterFailedInsert(document, error);
      }
    });
  }

  async list(page: PageRequest): Promise<{ documents: readonly Document[]; hasMore: boolean }> {
    const found = await this.#rows.page(page);
    return { documents: found.slice(0, page.limit), hasMore: found.length > page.limit };
  }

  /** @throws DocumentNotFoundError */
  async find(id: string): Promise<FoundDocument> {
    const load = (): Promise<Document | null> => this.#rows.find(id);
    const options = { ttl: this.#config.cacheTtl };
    const { value, source, stale } = await this.#cache.lookupOrSet(
      documentCacheKey(id),
      load,
      options,
    );
    if (value === null) throw new DocumentNotFoundError();
    return { document: value, cache: source === 'factory' ? 'miss' : stale ? 'stale' : 'hit' };
  }

  /** The content of a document, or a part of it, as a stream. @throws DocumentNotFoundError */
  open({ id }: Document, part?: ByteRange): Promise<StoredStream> {
    return this.#content.open(id, part);
  }

  /** @throws DocumentNotFoundError */
  async delete(id: string): Promise<void> {
    await this.#pending.hold(id, async () => {
      const existed = await this.#rows.delete(id);
      await this.#cache.delete(documentCacheKey(id));
      if (!existed) throw new DocumentNotFoundError();
      await this.#discard(id);
    });
  }

  async #store(id: string, file: IncomingFile, idempotencyKey: string | null): Promise<Document> {
    try {
      const stored = await this.#content.store(id, file.content);
      const { name, contentType } = file;
      const createdAt = Math.floor(this.#clock.wallTime());
      return { id, name, contentType, ...stored, createdAt, idempotencyKey };
    } catch (error) {
      await this.#discard(id);
      throw error;
    }
  }

  async #afterFailedInsert(document: Document, error: unknown): Promise<CreatedDocument> {
    // The reply may have been lost on its way: the sweep finds out, because the content stays noted exactly when there is
    // no document.
    if (isOutcomeUnknown(error)) throw error;
    await this.#discard(document.id);
    const isConflict = errorDetector.detect(error).reason === 'conflict';
    if (!isConflict || document.idempotencyKey === null) throw error;
    const first = await this.#rows.findByIdempotencyKey(document.idempotencyKey);
    if (first === null || !isSameFile(first, document)) throw new IdempotencyConflictError();
    return { document: first, replayed: true };
  }

  /** Removes a content that is no document. What cannot be removed now stays noted, and the sweep does it later. */
  async #discard(id: string): Promise<void> {
    if (await this.#content.discard(id)) await this.#pending.forget(id);
  }
}

function checkName(name: string): void {
  if (name === '') throw new InvalidFileNameError('The file has no name.');
  if (name.length > MAX_NAME_LENGTH) {
    throw new InvalidFileNameError(`The name of a file has at most ${MAX_NAME_LENGTH} characters.`);
  }
}

function isSameFile(one: Document, other: Document): boolean {
  return (
    one.name === other.name && one.contentType === other.contentType && one.sha256 === other.sha256
  );
}

function isOutcomeUnknown(error: unknown): boolean {
  return (
    typeof error === 'object' && error !== null && 'outcome' in error && error.outcome === 'unknown'
  );
}
