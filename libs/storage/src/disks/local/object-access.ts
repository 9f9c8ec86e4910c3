import { StorageNotFoundError } from '../../errors/caller.errors.js';
import { StorageError } from '../../errors/storage.error.js';
import type { ObjectKey } from '../../keys/object-key.js';
import { LinkEncountered } from './containment.js';
import { fromErrno, isErrno } from './errno.js';
import { linkRefused, throughLinks, type LinkPolicy } from './links.js';
import type { LocalRoot } from './local-root.js';

/** The one way from keys to files: applies the policy for links, and gives typed errors. */
export class ObjectAccess {
  readonly #root: LocalRoot;
  readonly #links: LinkPolicy;

  constructor(root: LocalRoot, links: LinkPolicy) {
    this.#root = root;
    this.#links = links;
  }

  /** Does work that is about no key. */
  async typed<R>(work: () => Promise<R>): Promise<R> {
    try {
      return await work();
    } catch (error) {
      throw await this.explain(error);
    }
  }

  /** Does work on the way of a key that may or may not exist. */
  async on<R>(key: ObjectKey, work: (way: readonly string[]) => Promise<R>): Promise<R> {
    try {
      return await throughLinks(this.#root.path, this.#links, key.segments, work);
    } catch (error) {
      throw await this.explain(error, key.value);
    }
  }

  /** Does work on the folder that `way` leads to; its errors are not typed yet. */
  inFolder<R>(way: readonly string[], work: (way: readonly string[]) => Promise<R>): Promise<R> {
    return throughLinks(this.#root.path, this.#links, way, work);
  }

  /** As {@link on}, for a key that must exist. @throws StorageNotFoundError */
  existing<R>(key: ObjectKey, work: (way: readonly string[]) => Promise<R>): Promise<R> {
    return this.on(key, async (way) => {
      try {
        return await work(way);
      } catch (error) {
        if (!isErrno(error, 'ENOENT', 'ENOTDIR')) throw error;
        await this.#root.verify();
        throw new StorageNotFoundError();
      }
    });
  }

  /** The typed error for one of the file system: what is missing may be the root. */
  async explain(error: unknown, key?: string): Promise<unknown> {
    if (error instanceof StorageError) return error.key === undefined ? error.about(key) : error;
    if (error instanceof LinkEncountered) return linkRefused().about(key);
    if (!isErrno(error, 'ENOENT')) return fromErrno(error, key);
    try {
      await this.#root.verify();
      return error;
    } catch (missing) {
      return missing instanceof StorageError ? missing.about(key) : fromErrno(missing, key);
    }
  }
}
