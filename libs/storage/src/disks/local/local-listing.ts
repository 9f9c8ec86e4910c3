import type { Dirent } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import { compareKeys } from '../../keys/key-order.js';
import type { KeyPrefix } from '../../keys/key-prefix.js';
import { toCursor } from '../../keys/list-cursor.js';
import { RESERVED_PREFIX } from '../../keys/key-grammar.js';
import { isKeySegment } from '../../keys/object-key.js';
import type { DiskListing, ListCall, ObjectEntry } from '../disk.js';
import { throwIfAborted } from '../throw-if-aborted.js';
import { LinkEncountered, type Containment, type OpenFolder } from './containment.js';
import { fromErrno, isErrno } from './errno.js';
import { toObjectStat } from './file-stat.js';
import type { LocalRoot } from './local-root.js';

/** How many files are looked at together. */
const BATCH = 32;

/** What a folder holds, as far as it is an object or holds objects. */
interface Child {
  readonly name: string;
  /** For a folder with the slash that the keys in it go on with, so that sorting children sorts keys. */
  readonly label: string;
  readonly isFolder: boolean;
}

/**
 * The objects below a prefix, folder by folder. Holds the names of the folders that it is in, and no descriptor while its
 * consumer is busy; what vanishes meanwhile is not shown.
 */
export class LocalListing implements DiskListing {
  skipped = 0;
  readonly #containment: Containment;
  readonly #prefix: KeyPrefix;
  readonly #call: ListCall;
  readonly #root: LocalRoot;

  constructor(containment: Containment, prefix: KeyPrefix, call: ListCall, root: LocalRoot) {
    this.#containment = containment;
    this.#prefix = prefix;
    this.#call = call;
    this.#root = root;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<ObjectEntry, void, undefined> {
    try {
      yield* this.#folder(this.#prefix.folders, this.#prefix.partial);
    } catch (error) {
      throw fromErrno(error);
    }
  }

  async *#folder(
    way: readonly string[],
    partial: string,
  ): AsyncGenerator<ObjectEntry, void, undefined> {
    const children = await this.#children(way, partial);
    for (let index = 0; index < children.length;) {
      throwIfAborted(this.#call.signal);
      const child = children[index] as Child;
      if (child.isFolder) {
        yield* this.#folder([...way, child.name], '');
        index++;
      } else {
        const files = filesFrom(children, index);
        yield* await this.#entries(way, files);
        index += files.length;
      }
    }
  }

  async #children(way: readonly string[], partial: string): Promise<readonly Child[]> {
    const entries = await this.#inFolder(way, [], (folder) =>
      readdir(folder.path, { withFileTypes: true }),
    );
    const above = way.map((segment) => `${segment}/`).join('');
    return entries
      .filter(({ name }) => name.startsWith(partial))
      .map((entry) => this.#childOf(entry))
      .filter((child) => child !== undefined)
      .filter((child) => this.#isAfterCursor(above + child.label, child.isFolder))
      .sort((a, b) => compareKeys(a.label, b.label));
  }

  #childOf(entry: Dirent): Child | undefined {
    const { name } = entry;
    if (name === RESERVED_PREFIX) return undefined;
    const isFolder = entry.isDirectory();
    if (isKeySegment(name) && (isFolder || entry.isFile())) {
      return { name, label: isFolder ? `${name}/` : name, isFolder };
    }
    this.skipped++;
    return undefined;
  }

  #isAfterCursor(key: string, isFolder: boolean): boolean {
    const { after } = this.#call;
    if (after === undefined || compareKeys(key, after) > 0) return true;
    return isFolder && after.startsWith(key);
  }

  #entries(way: readonly string[], files: readonly Child[]): Promise<readonly ObjectEntry[]> {
    return this.#inFolder(way, [], async (folder) => {
      const entries = await Promise.all(files.map(({ name }) => this.#entry(folder, way, name)));
      return entries.filter((entry) => entry !== undefined);
    });
  }

  async #entry(
    folder: OpenFolder,
    way: readonly string[],
    name: string,
  ): Promise<ObjectEntry | undefined> {
    try {
      const file = await lstat(`${folder.path}/${name}`);
      if (!file.isFile()) return undefined;
      const key = [...way, name].join('/');
      return { ...toObjectStat(key, file), cursor: toCursor(key) };
    } catch (error) {
      if (isErrno(error, 'ENOENT')) return undefined;
      throw error;
    }
  }

  async #inFolder<R>(
    way: readonly string[],
    missing: R,
    work: (folder: OpenFolder) => Promise<R>,
  ): Promise<R> {
    let folder: OpenFolder | undefined;
    try {
      folder = await this.#containment.open(way);
      return await work(folder);
    } catch (error) {
      if (error instanceof LinkEncountered) this.skipped++;
      else if (isErrno(error, 'ENOENT', 'ENOTDIR')) await this.#root.verify();
      else throw error;
      return missing;
    } finally {
      folder?.close();
    }
  }
}

/** The files from `index` on, up to the next folder or a full batch. */
function filesFrom(children: readonly Child[], index: number): readonly Child[] {
  let end = index;
  while (end < children.length && end - index < BATCH && !children[end]?.isFolder) end++;
  return children.slice(index, end);
}
