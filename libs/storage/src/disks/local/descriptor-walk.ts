import { closeSync, fsync, open } from 'node:fs';
import { lstat } from 'node:fs/promises';
import { promisify } from 'node:util';
import {
  LinkEncountered,
  type Containment,
  type OpenFolder,
  type OpenFolderOptions,
} from './containment.js';
import { isErrno } from './errno.js';
import type { FolderMaker } from './folder-maker.js';
import { OPEN_FOLDER } from './open-flags.js';
import { PathFolder } from './path-folder.js';

const openDescriptor = promisify(open);
const syncDescriptor = promisify(fsync);

/** How often a folder that vanishes while it is opened is made anew. */
const MAX_REMAKES = 10;

/**
 * Containment on Linux: opens folder by folder, each relative to the descriptor of the one above (`/proc/self/fd/N`) and
 * with O_NOFOLLOW, so that a symbolic link that is swapped in at any moment is refused and never followed. What
 * `openat2(RESOLVE_NO_SYMLINKS)` does in the kernel, with the calls that Node has.
 */
export class DescriptorWalk implements Containment {
  readonly #root: string;
  readonly #maker: FolderMaker;

  constructor(root: string, maker: FolderMaker) {
    this.#root = root;
    this.#maker = maker;
  }

  async open(segments: readonly string[], options: OpenFolderOptions = {}): Promise<OpenFolder> {
    let folder: OpenFolder = new PathFolder(this.#root);
    for (let depth = 1; depth <= segments.length; depth++) {
      const above = folder;
      try {
        folder = await this.#step(above, segments.slice(0, depth), options.create ?? false);
      } finally {
        above.close();
      }
    }
    return folder;
  }

  async #step(above: OpenFolder, way: readonly string[], create: boolean): Promise<OpenFolder> {
    const path = `${above.path}/${way.at(-1)}`;
    const name = way.join('/');
    for (let remakes = 0; ; remakes++) {
      if (create) await this.#maker.pending(name);
      try {
        return new DescriptorFolder(await openDescriptor(path, OPEN_FOLDER));
      } catch (error) {
        if (isErrno(error, 'ENOTDIR', 'ELOOP')) throw await linkOr(error, path);
        if (!create || !isErrno(error, 'ENOENT') || remakes >= MAX_REMAKES) throw error;
      }
      await this.#maker.make(name, path, () => above.sync());
    }
  }
}

/** A folder that is open by its descriptor. */
class DescriptorFolder implements OpenFolder {
  readonly path: string;
  readonly #descriptor: number;

  constructor(descriptor: number) {
    this.#descriptor = descriptor;
    this.path = `/proc/self/fd/${descriptor}`;
  }

  sync(): Promise<void> {
    return syncDescriptor(this.#descriptor);
  }

  close(): void {
    closeSync(this.#descriptor);
  }
}

/** Linux says ENOTDIR for a link in the place of a folder, too. */
async function linkOr(error: unknown, path: string): Promise<unknown> {
  const found = await lstat(path).catch(() => undefined);
  return found?.isSymbolicLink() ? new LinkEncountered() : error;
}
