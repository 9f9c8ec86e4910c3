import type { Stats } from 'node:fs';
import { link, lstat, rename } from 'node:fs/promises';
import {
  StorageAlreadyExistsError,
  StorageNotSupportedError,
  StoragePreconditionFailedError,
} from '../../errors/caller.errors.js';
import type { Durability, PutCall } from '../disk.js';
import { throwIfAborted } from '../throw-if-aborted.js';
import { LinkEncountered, type Containment, type OpenFolder } from './containment.js';
import { isErrno } from './errno.js';
import { etagOf } from './file-stat.js';
import type { TempFile } from './temp-file.js';

/** How often the folder of an object that vanishes meanwhile (its last object was deleted) is made anew. */
const MAX_TRIES = 10;

/** What link(2) says where there are no hard links: FAT, some network file systems. */
export const NO_HARD_LINKS = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'] as const;

/** Gives complete temporary files their names. The caller sees to it that nothing else changes the key meanwhile. */
export class Publication {
  readonly #containment: Containment;

  constructor(containment: Containment) {
    this.#containment = containment;
  }

  /**
   * Makes the file the object that `way` leads to, in one step.
   * @throws StorageAlreadyExistsError, StoragePreconditionFailedError
   */
  publish(
    temp: TempFile,
    way: readonly string[],
    call: PutCall,
    durability: Durability,
  ): Promise<void> {
    const closing = temp.close();
    // Awaited before the rename; when it does not come to that, another error is reported.
    closing.catch(() => undefined);
    return this.place(way, call, durability, async (path) => {
      await closing;
      if (call.createOnly) return linkNew(temp.path, path);
      await rename(temp.path, path);
      temp.renamed();
    });
  }

  /**
   * Has `name` put a file at the end of `way`, whose folders are made as far as they are missing.
   * @throws StorageAlreadyExistsError, StoragePreconditionFailedError
   */
  async place(
    way: readonly string[],
    call: PutCall,
    durability: Durability,
    name: (path: string) => Promise<void>,
  ): Promise<void> {
    for (let tries = 1; ; tries++) {
      try {
        return await this.#placeOnce(way, call, durability, name);
      } catch (error) {
        if (isErrno(error, 'ENOTDIR')) throw taken('an object stands where a folder is needed');
        if (!isErrno(error, 'ENOENT') || tries === MAX_TRIES) throw error;
      }
    }
  }

  async #placeOnce(
    way: readonly string[],
    call: PutCall,
    durability: Durability,
    name: (path: string) => Promise<void>,
  ): Promise<void> {
    const folder = await this.#containment.open(way.slice(0, -1), { create: true });
    try {
      const path = pathIn(folder, way);
      checkTarget(await lstatIfThere(path), call);
      throwIfAborted(call.signal);
      await name(path);
      if (durability === 'full') await folder.sync();
    } finally {
      folder.close();
    }
  }
}

/** The path of the last segment of `way` in its folder. */
export function pathIn(folder: OpenFolder, way: readonly string[]): string {
  return `${folder.path}/${way.at(-1)}`;
}

/** The facts of a file, `undefined` when it is not there. */
export async function lstatIfThere(path: string): Promise<Stats | undefined> {
  try {
    return await lstat(path);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined;
    throw error;
  }
}

/** Refuses what must not be replaced. */
function checkTarget(found: Stats | undefined, call: PutCall): void {
  if (found?.isSymbolicLink()) throw new LinkEncountered();
  if (found?.isDirectory()) throw taken('a folder has this name');
  if (found && call.createOnly) throw new StorageAlreadyExistsError();
  if (call.ifMatch === undefined) return;
  if (!found || etagOf(found) !== call.ifMatch) throw new StoragePreconditionFailedError();
}

/** link(2) never replaces: of several that create one key at once exactly one succeeds. */
async function linkNew(from: string, to: string): Promise<void> {
  try {
    await link(from, to);
  } catch (error) {
    if (isErrno(error, 'EEXIST')) throw new StorageAlreadyExistsError();
    if (isErrno(error, ...NO_HARD_LINKS)) {
      throw new StorageNotSupportedError('createOnly', 'Its file system has no hard links.');
    }
    throw error;
  }
}

function taken(reason: string): Error {
  return new StorageAlreadyExistsError({}, reason);
}
