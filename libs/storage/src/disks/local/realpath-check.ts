import { lstat, realpath } from 'node:fs/promises';
import { isAbsolute, relative, sep } from 'node:path';
import {
  LinkEncountered,
  type Containment,
  type OpenFolder,
  type OpenFolderOptions,
} from './containment.js';
import { isErrno } from './errno.js';
import type { FolderMaker } from './folder-maker.js';
import { PathFolder } from './path-folder.js';

/**
 * Containment where a descriptor has no path (macOS, Windows): looks at each folder of the way, then resolves the whole
 * and checks that it lies below the root. Racy: whoever may write below the root can swap a folder for a link between
 * the check and the use. The objects themselves are still opened with O_NOFOLLOW where the platform has it.
 */
export class RealpathCheck implements Containment {
  readonly #root: string;
  readonly #maker: FolderMaker;

  constructor(root: string, maker: FolderMaker) {
    this.#root = root;
    this.#maker = maker;
  }

  async open(segments: readonly string[], options: OpenFolderOptions = {}): Promise<OpenFolder> {
    let folder = new PathFolder(this.#root);
    for (const [index, segment] of segments.entries()) {
      const next = new PathFolder(`${folder.path}/${segment}`);
      const name = segments.slice(0, index + 1).join('/');
      if (options.create) await this.#makeMissing(name, next, folder);
      if ((await lstat(next.path)).isSymbolicLink()) throw new LinkEncountered();
      folder = next;
    }
    await this.#requireBelowRoot(folder.path);
    return folder;
  }

  async #makeMissing(name: string, folder: PathFolder, above: PathFolder): Promise<void> {
    await this.#maker.pending(name);
    try {
      await lstat(folder.path);
    } catch (error) {
      if (!isErrno(error, 'ENOENT')) throw error;
      await this.#maker.make(name, folder.path, () => above.sync());
    }
  }

  async #requireBelowRoot(path: string): Promise<void> {
    const [root, real] = await Promise.all([realpath(this.#root), realpath(path)]);
    const way = relative(root, real);
    if (isAbsolute(way) || way.split(sep)[0] === '..') throw new LinkEncountered();
  }
}
