import { constants } from 'node:fs';
import { access, chmod, lstat, open, stat, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { currentProcess, type Clock, type ProcessIdentity } from 'nestjs-mainstay/common';
import { StorageInvalidRootError, StorageRootMissingError } from '../../errors/disk.errors.js';
import { RESERVED_PREFIX } from '../../keys/key-grammar.js';
import type { DiskUsage } from '../disk.js';
import type { Containment, OpenFolder } from './containment.js';
import { isErrno } from './errno.js';
import type { FolderMaker } from './folder-maker.js';
import { OPEN_NEW } from './open-flags.js';
import { RootMarker } from './root-marker.js';
import { syncFolder } from './sync-folder.js';
import { TempFile } from './temp-file.js';
import { tempName } from './temp-name.js';
import { sweepTemps } from './temp-sweep.js';

/** Only this user may look into the disk's own folder. */
const SYSTEM_FOLDER_MODE = 0o700;
const NEEDED = constants.R_OK | constants.W_OK | constants.X_OK;

/** What a {@link LocalRoot} is made of. */
export interface LocalRootParts {
  /** An absolute path. */
  readonly path: string;
  readonly containment: Containment;
  readonly maker: FolderMaker;
  readonly clock: Clock;
  /** Permissions of objects, before the umask. */
  readonly fileMode: number;
}

/** The root folder of a local disk, with its own folder `.mainstay`: the marker of the root and the temporary files. */
export class LocalRoot {
  readonly path: string;
  readonly #systemFolder: string;
  readonly #parts: LocalRootParts;
  readonly #marker = new RootMarker();
  readonly #diskNumber: number;
  #owner: Promise<ProcessIdentity> | undefined;
  #temps = 0;

  constructor(parts: LocalRootParts) {
    this.path = parts.path;
    this.#parts = parts;
    this.#systemFolder = `${parts.path}/${RESERVED_PREFIX}`;
    this.#diskNumber = Math.floor(parts.clock.random() * 0xffff_ffff);
  }

  /** Checks that the root, or the nearest folder above that exists, can be used. */
  async testAccess(): Promise<void> {
    for (let path = this.path; ; path = dirname(path)) {
      try {
        if (!(await stat(path)).isDirectory()) {
          throw new StorageInvalidRootError('there is a file in its place, or in its way');
        }
        return await access(path, NEEDED);
      } catch (error) {
        if (isErrno(error, 'ENOTDIR')) continue;
        if (!isErrno(error, 'ENOENT') || path === dirname(path)) throw error;
      }
    }
  }

  /** Makes the root and the disk's own folder, as far as they are missing. */
  async createFolders(): Promise<void> {
    await this.#makeRoot(this.path);
    const system = await this.#parts.containment.open([RESERVED_PREFIX], { create: true });
    system.close();
  }

  /** Closes the disk's own folder to other users, and checks once more that the root can be used. */
  async setPermissions(): Promise<void> {
    await this.#inSystemFolder(({ path }) => chmod(path, SYSTEM_FOLDER_MODE));
    await access(this.path, NEEDED);
  }

  /** Remembers which root this is. */
  async adopt(): Promise<void> {
    const temp = await this.#nextTempName();
    await this.#inSystemFolder((folder) => this.#marker.adopt(folder, temp));
  }

  /**
   * Checks that the root is there and the same, when something was not found in it.
   * @throws StorageRootMissingError
   */
  async verify(): Promise<void> {
    await this.#marker.verify(this.#systemFolder);
  }

  /**
   * Makes a temporary file in a root that was checked.
   * @throws StorageRootMissingError
   */
  async createTemp(): Promise<TempFile> {
    const folder = await this.#openSystemFolder();
    const path = `${folder.path}/${await this.#nextTempName()}`;
    const [verified, opened] = await Promise.allSettled([
      this.#marker.verify(folder.path),
      open(path, OPEN_NEW, this.#parts.fileMode),
    ]);
    const temp = opened.status === 'fulfilled' && new TempFile(path, opened.value, folder);
    if (temp && verified.status === 'fulfilled') return temp;
    if (temp) await temp.discard();
    else folder.close();
    throw reasonOf(verified) ?? reasonOf(opened);
  }

  /** Removes what crashed puts left behind, and tells what is left of the disk. */
  async usage(): Promise<DiskUsage> {
    const self = await this.#self();
    const temps = await this.#inSystemFolder(({ path }) =>
      sweepTemps(path, self, this.#parts.clock),
    );
    const { bavail, bsize, files, ffree } = await statfs(this.path);
    // A file system that makes inodes as it needs them (btrfs) says it has none.
    const inodes = files > 0 ? { freeInodes: ffree } : {};
    return { freeBytes: bavail * bsize, ...inodes, temps };
  }

  async #inSystemFolder<R>(work: (folder: OpenFolder) => Promise<R>): Promise<R> {
    const folder = await this.#openSystemFolder();
    try {
      return await work(folder);
    } finally {
      folder.close();
    }
  }

  async #openSystemFolder(): Promise<OpenFolder> {
    try {
      return await this.#parts.containment.open([RESERVED_PREFIX]);
    } catch (error) {
      if (!isErrno(error, 'ENOENT')) throw error;
      throw new StorageRootMissingError(
        'it has not been prepared, or its folder .mainstay is gone',
      );
    }
  }

  async #makeRoot(path: string): Promise<void> {
    if (await isThere(path)) return;
    const parent = dirname(path);
    await this.#makeRoot(parent);
    await this.#parts.maker.make(path, path, () => syncFolder(parent));
  }

  async #nextTempName(): Promise<string> {
    return tempName(await this.#self(), this.#diskNumber, this.#temps++);
  }

  #self(): Promise<ProcessIdentity> {
    return (this.#owner ??= currentProcess());
  }
}

function reasonOf(result: PromiseSettledResult<unknown>): unknown {
  return result.status === 'rejected' ? result.reason : undefined;
}

async function isThere(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return false;
    throw error;
  }
}
