import { Injectable, Logger } from '@nestjs/common';
import { redactError } from 'nestjs-mainstay/common';
import { StorageService, type ByteRange, type StoredStream } from 'nestjs-mainstay/storage';
import { errorDetector } from '../errors/error-detector.js';
import { DocumentNotFoundError } from './documents.errors.js';

/** What the keys of the contents begin with. */
export const CONTENT_PREFIX = 'documents/';

/** The contents of the documents, one object of the storage each. */
@Injectable()
export class DocumentContent {
  readonly #logger = new Logger(DocumentContent.name);
  readonly #storage: StorageService;

  constructor(storage: StorageService) {
    this.#storage = storage;
  }

  /** Stores the content whole, or nothing of it. */
  async store(
    id: string,
    content: AsyncIterable<Buffer>,
  ): Promise<{ size: number; sha256: string }> {
    const { size, sha256 } = await this.#storage.put(contentKey(id), content, { sha256: true });
    if (sha256 === undefined) throw new Error('The storage did not compute the SHA-256.');
    return { size, sha256 };
  }

  /**
   * Opens the content, or a part of it.
   * @throws DocumentNotFoundError when a delete has just removed it
   */
  async open(id: string, range?: ByteRange): Promise<StoredStream> {
    try {
      return await this.#storage.get(contentKey(id), { range });
    } catch (error) {
      if (errorDetector.detect(error).reason === 'not-found') throw new DocumentNotFoundError();
      throw error;
    }
  }

  /**
   * Removes a content that has no row, or no longer has. A failure is logged and not thrown: nobody can see such a
   * content, and what the caller was asked for is decided already.
   * @returns whether it is gone
   */
  async discard(id: string): Promise<boolean> {
    try {
      if (await this.#storage.delete(contentKey(id))) return true;
      this.#warn(id, 'the storage is away');
    } catch (error) {
      this.#warn(id, redactError(error).message);
    }
    return false;
  }

  #warn(id: string, reason: string): void {
    this.#logger.warn(`${contentKey(id)} has no document and could not be deleted yet: ${reason}`);
  }
}

/** The key of a document's content in the storage. */
export function contentKey(id: string): string {
  return CONTENT_PREFIX + id;
}
