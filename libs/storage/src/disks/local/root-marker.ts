import { randomUUID } from 'node:crypto';
import { link, lstat, open, readFile, rename, unlink } from 'node:fs/promises';
import { StorageCorruptError, StorageRootMissingError } from '../../errors/disk.errors.js';
import type { OpenFolder } from './containment.js';
import { isErrno } from './errno.js';
import { OPEN_NEW } from './open-flags.js';
import { NO_HARD_LINKS } from './publication.js';

const MARKER = 'root-id';
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const FILE_MODE = 0o640;

const GONE = 'its marker .mainstay/root-id is gone';
const NOT_PREPARED = 'it was not there when it should be prepared';

interface KnownMarker {
  readonly id: string;
  readonly device: number;
  readonly inode: number;
}

/**
 * The file that says "this is the root, and which one". When it is gone the disk below the mount point is gone, and
 * nothing may be written there: it would be hidden, and lost, when the disk is mounted again.
 */
export class RootMarker {
  #known: KnownMarker | undefined;

  /**
   * Remembers the marker of the root, or gives it one.
   * @param folder the disk's own folder in the root
   * @param tempName a free name in the folder
   */
  async adopt(folder: OpenFolder, tempName: string): Promise<void> {
    const path = `${folder.path}/${MARKER}`;
    if ((await this.#stat(path)) === undefined) await this.#create(folder, path, tempName);
    this.#known = await this.#read(path);
  }

  /**
   * Checks that the root is the one that was adopted; before that, that it has been prepared.
   * @param folder the path of the disk's own folder
   * @throws {@link StorageRootMissingError}
   */
  async verify(folder: string): Promise<void> {
    const known = this.#known;
    const path = known ? `${folder}/${MARKER}` : folder;
    const found = await this.#stat(path);
    if (!found) throw new StorageRootMissingError(known ? GONE : NOT_PREPARED);
    if (!known || (found.dev === known.device && found.ino === known.inode)) return;
    const marker = await this.#read(path);
    if (marker.id !== known.id) {
      throw new StorageRootMissingError('another disk is in its place since the start');
    }
    this.#known = marker;
  }

  async #stat(path: string): Promise<{ readonly dev: number; readonly ino: number } | undefined> {
    try {
      return await lstat(path);
    } catch (error) {
      if (isErrno(error, 'ENOENT', 'ENOTDIR')) return undefined;
      throw error;
    }
  }

  async #read(path: string): Promise<KnownMarker> {
    const [file, text] = await Promise.all([lstat(path), readFile(path, 'latin1')]);
    const id = text.trim();
    if (!UUID.test(id)) throw new StorageCorruptError('The marker .mainstay/root-id holds no id');
    return { id, device: file.dev, inode: file.ino };
  }

  /** By link(2), so that of several processes that boot at once one gives the id and the others take it. */
  async #create(folder: OpenFolder, path: string, tempName: string): Promise<void> {
    const temp = `${folder.path}/${tempName}`;
    const handle = await open(temp, OPEN_NEW, FILE_MODE);
    try {
      await handle.writeFile(`${randomUUID()}\n`);
      await handle.sync();
    } finally {
      await handle.close();
    }
    try {
      await link(temp, path);
      await unlink(temp);
    } catch (error) {
      await this.#createWithoutLinks(error, temp, path);
    }
    await folder.sync();
  }

  async #createWithoutLinks(error: unknown, temp: string, path: string): Promise<void> {
    if (isErrno(error, 'EEXIST')) await unlink(temp);
    else if (isErrno(error, ...NO_HARD_LINKS)) await rename(temp, path);
    else throw error;
  }
}
