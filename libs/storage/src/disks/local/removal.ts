import { lstat, rename, rmdir, unlink } from 'node:fs/promises';
import { StorageNotFoundError } from '../../errors/caller.errors.js';
import { RESERVED_PREFIX } from '../../keys/key-grammar.js';
import type { Durability } from '../disk.js';
import { LinkEncountered, type Containment, type OpenFolder } from './containment.js';
import { isErrno } from './errno.js';
import type { LocalRoot } from './local-root.js';
import { lstatIfThere, pathIn, type Publication } from './publication.js';

/** A file that could not be deleted. */
export interface RemovalFailure {
  readonly name: string;
  readonly error: unknown;
}

/** Takes names of objects away, and the folders that become empty by it. */
export class Removal {
  readonly #containment: Containment;
  readonly #root: LocalRoot;
  readonly #publication: Publication;
  readonly #durability: Durability;

  constructor(
    containment: Containment,
    root: LocalRoot,
    publication: Publication,
    durability: Durability,
  ) {
    this.#containment = containment;
    this.#root = root;
    this.#publication = publication;
    this.#durability = durability;
  }

  /**
   * Deletes objects of one folder; those that are not there are deleted already.
   * @returns those that could not be deleted
   */
  async removeFrom(
    way: readonly string[],
    names: readonly string[],
  ): Promise<readonly RemovalFailure[]> {
    const folder = await this.#openIfThere(way);
    if (!folder) return this.#root.verify().then(() => []);
    const failures: RemovalFailure[] = [];
    try {
      for (const name of names) {
        const error = await removeFile(`${folder.path}/${name}`);
        if (error !== undefined) failures.push({ name, error });
      }
      if (this.#durability === 'full') await folder.sync();
    } finally {
      folder.close();
    }
    await this.#root.verify();
    await this.#prune(way);
    return failures;
  }

  /**
   * Renames an object; one at the new name is replaced.
   * @throws StorageNotFoundError
   */
  async rename(from: readonly string[], to: readonly string[]): Promise<void> {
    const source = await this.#containment.open(from.slice(0, -1));
    try {
      const path = pathIn(source, from);
      const file = await lstat(path);
      if (file.isSymbolicLink()) throw new LinkEncountered();
      if (!file.isFile()) throw new StorageNotFoundError({ key: from.join('/') });
      await this.#publication.place(to, {}, this.#durability, (target) => rename(path, target));
      if (this.#durability === 'full') await source.sync();
    } finally {
      source.close();
    }
    await this.#prune(from.slice(0, -1));
  }

  async #openIfThere(way: readonly string[]): Promise<OpenFolder | undefined> {
    try {
      return await this.#containment.open(way);
    } catch (error) {
      if (isErrno(error, 'ENOENT', 'ENOTDIR')) return undefined;
      throw error;
    }
  }

  /** Removes the folder that `way` leads to and those above, as far as they are empty; never the disk's own. */
  async #prune(way: readonly string[]): Promise<void> {
    const highest = way[0] === RESERVED_PREFIX ? 2 : 1;
    for (let depth = way.length; depth >= highest; depth--) {
      const above = await this.#openIfThere(way.slice(0, depth - 1)).catch(() => undefined);
      if (!above) return;
      try {
        await rmdir(pathIn(above, way.slice(0, depth)));
      } catch {
        // Not empty, or not removable: an empty folder that stays harms nobody, and the object is gone.
        return;
      } finally {
        above.close();
      }
    }
  }
}

/** @returns the error, or `undefined` when there is no such object (any more) */
async function removeFile(path: string): Promise<unknown> {
  try {
    const file = await lstatIfThere(path);
    if (file?.isSymbolicLink()) throw new LinkEncountered();
    if (file?.isFile()) await unlink(path);
    return undefined;
  } catch (error) {
    return isErrno(error, 'ENOENT') ? undefined : error;
  }
}
