import { Injectable } from '@nestjs/common';
import { StorageService } from 'nestjs-mainstay/storage';
import { CONTENT_PREFIX, contentKey } from '../documents/document-content.js';
import { isDocumentId } from '../documents/document-id.pipe.js';
import { errorDetector } from '../errors/error-detector.js';
import type { SortedIds } from './comparison.js';

/** Where contents without a document are kept. */
const ORPHAN_PREFIX = 'orphans/';

/** The contents as the storage has them; sets those aside that no document knows, and puts them back when one does. */
@Injectable()
export class OrphanedContents {
  readonly #storage: StorageService;

  constructor(storage: StorageService) {
    this.#storage = storage;
  }

  /** The ids of all contents, in ascending order. Names that are no ids are not ours. */
  async *ids(signal: AbortSignal): SortedIds {
    for await (const { key } of this.#storage.list(CONTENT_PREFIX, { signal })) {
      const id = key.slice(CONTENT_PREFIX.length);
      if (isDocumentId(id)) yield id;
    }
  }

  /** @throws when the storage cannot tell */
  exists(id: string): Promise<boolean> {
    return this.#storage.exists(contentKey(id));
  }

  /** @returns `false` when there is no such content any more */
  setAside(id: string): Promise<boolean> {
    return this.#move(contentKey(id), ORPHAN_PREFIX + id);
  }

  /** @returns `false` when no such content was set aside */
  putBack(id: string): Promise<boolean> {
    return this.#move(ORPHAN_PREFIX + id, contentKey(id));
  }

  async #move(from: string, to: string): Promise<boolean> {
    try {
      await this.#storage.move(from, to);
      return true;
    } catch (error) {
      if (errorDetector.detect(error).reason === 'not-found') return false;
      throw error;
    }
  }
}
