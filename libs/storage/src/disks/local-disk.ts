import { lstat, open, type FileHandle } from 'node:fs/promises';
import type { Clock } from 'nestjs-mainstay/common';
import type { InitializationStep } from 'nestjs-mainstay/resource';
import { StorageNotFoundError } from '../errors/caller.errors.js';
import type { KeyPrefix } from '../keys/key-prefix.js';
import type { ObjectKey } from '../keys/object-key.js';
import type {
  ByteSource,
  DeleteFailure,
  Disk,
  DiskListing,
  DiskUsage,
  ListCall,
  ObjectStat,
  OpenedObject,
  PutCall,
  ReadCall,
  StoredObject,
  TransferCall,
} from './disk.js';
import { KeyLocks } from './key-locks.js';
import { AtomicPut } from './local/atomic-put.js';
import { LinkEncountered, type Containment, type OpenFolder } from './local/containment.js';
import { DescriptorWalk } from './local/descriptor-walk.js';
import { isErrno } from './local/errno.js';
import { FileReader } from './local/file-reader.js';
import { toObjectStat } from './local/file-stat.js';
import { FolderMaker } from './local/folder-maker.js';
import { resolveLocalDiskOptions, type LocalDiskOptions } from './local/local-disk.options.js';
import { LocalListing } from './local/local-listing.js';
import { LocalRoot } from './local/local-root.js';
import { ObjectAccess } from './local/object-access.js';
import { OPEN_TO_READ } from './local/open-flags.js';
import { pathIn, Publication } from './local/publication.js';
import { RealpathCheck } from './local/realpath-check.js';
import { Removal } from './local/removal.js';
import { groupByFolder } from './group-by-folder.js';
import { readChunks } from './read-chunks.js';

/**
 * Objects as files below a root folder. A put writes a temporary file, makes it durable and renames it: readers see the
 * old object or the new one, whole, and a crash at any moment leaves one of the two.
 */
export class LocalDisk implements Disk {
  readonly kind = 'local';
  readonly #containment: Containment;
  readonly #root: LocalRoot;
  readonly #access: ObjectAccess;
  readonly #put: AtomicPut;
  readonly #removal: Removal;
  readonly #locks = new KeyLocks();

  constructor(options: LocalDiskOptions, clock: Clock) {
    const resolved = resolveLocalDiskOptions(options);
    const { root: path, folderMode, fileMode, durability } = resolved;
    const maker = new FolderMaker(folderMode);
    const containment =
      resolved.containment === 'descriptors'
        ? new DescriptorWalk(path, maker)
        : new RealpathCheck(path, maker);
    const root = new LocalRoot({ path, containment, maker, clock, fileMode });
    const access = new ObjectAccess(root, resolved.links);
    const publication = new Publication(containment);
    const locks = this.#locks;
    this.#containment = containment;
    this.#root = root;
    this.#access = access;
    this.#put = new AtomicPut({ root, access, publication, locks, durability, clock });
    this.#removal = new Removal(containment, root, publication, durability);
  }

  preparation(): readonly InitializationStep[] {
    const step = (name: string, work: () => Promise<void>): InitializationStep => ({
      name,
      run: () => this.#access.typed(work),
    });
    return [
      step('test access', () => this.#root.testAccess()),
      step('create directories', () => this.#root.createFolders()),
      step('set permissions', () => this.#root.setPermissions()),
    ];
  }

  adopt(): Promise<void> {
    return this.#access.typed(() => this.#root.adopt());
  }

  put(key: ObjectKey, source: ByteSource, call: PutCall = {}): Promise<StoredObject> {
    return this.#put.put(key, source, call);
  }

  async open(key: ObjectKey, call: ReadCall = {}): Promise<OpenedObject> {
    const reader = await this.#openReader(key, call);
    try {
      await reader.sniff();
      return reader;
    } catch (error) {
      await reader.close();
      throw error;
    }
  }

  async read(key: ObjectKey, call: ReadCall = {}): Promise<Buffer> {
    const reader = await this.#openReader(key, call);
    try {
      return await reader.readAll(call);
    } finally {
      await reader.close();
    }
  }

  stat(key: ObjectKey): Promise<ObjectStat> {
    return this.#access.existing(key, (way) =>
      this.#inFolderOf(way, async (folder) => {
        const file = await lstat(pathIn(folder, way));
        if (file.isSymbolicLink()) throw new LinkEncountered();
        if (!file.isFile()) throw new StorageNotFoundError();
        return toObjectStat(key.value, file);
      }),
    );
  }

  async delete(key: ObjectKey): Promise<void> {
    const [failure] = await this.deleteMany([key]);
    if (failure) throw failure.error;
  }

  async deleteMany(keys: readonly ObjectKey[]): Promise<readonly DeleteFailure[]> {
    const failures: DeleteFailure[] = [];
    for (const group of groupByFolder(keys)) failures.push(...(await this.#deleteGroup(group)));
    return failures;
  }

  async copy(from: ObjectKey, to: ObjectKey, call: TransferCall = {}): Promise<StoredObject> {
    const reader = await this.#openReader(from, {});
    try {
      return await this.put(to, readChunks(reader), call);
    } finally {
      await reader.close();
    }
  }

  move(from: ObjectKey, to: ObjectKey): Promise<void> {
    return this.#locks.run([from.value, to.value], () =>
      this.#access.existing(from, (source) =>
        this.#access.on(to, (target) => this.#removal.rename(source, target)),
      ),
    );
  }

  list(prefix: KeyPrefix, call: ListCall = {}): DiskListing {
    return new LocalListing(this.#containment, prefix, call, this.#root);
  }

  usage(): Promise<DiskUsage> {
    return this.#access.typed(() => this.#root.usage());
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  /** The objects of one folder are deleted together, and made durable by one fsync. */
  async #deleteGroup(keys: readonly ObjectKey[]): Promise<readonly DeleteFailure[]> {
    const all = keys.map(({ value }) => value);
    const way = keys[0]?.segments.slice(0, -1) ?? [];
    const names = keys.map(({ segments }) => segments.at(-1) ?? '');
    const failed = await this.#locks
      .run(all, () =>
        this.#access.inFolder(way, (folder) => this.#removal.removeFrom(folder, names)),
      )
      .catch((error: unknown) => names.map((name) => ({ name, error })));
    return Promise.all(
      failed.map(async ({ name, error }) => {
        const key = [...way, name].join('/');
        return { key, error: await this.#access.explain(error, key) };
      }),
    );
  }

  #openReader(key: ObjectKey, call: ReadCall): Promise<FileReader> {
    return this.#access.existing(key, async (way) => {
      const handle = await this.#inFolderOf(way, (folder) => openFile(pathIn(folder, way)));
      try {
        const file = await handle.stat();
        if (!file.isFile()) throw new StorageNotFoundError();
        return new FileReader(key.value, handle, file, call);
      } catch (error) {
        await handle.close();
        throw error;
      }
    });
  }

  async #inFolderOf<R>(
    way: readonly string[],
    work: (folder: OpenFolder) => Promise<R>,
  ): Promise<R> {
    const folder = await this.#containment.open(way.slice(0, -1));
    try {
      return await work(folder);
    } finally {
      folder.close();
    }
  }
}

async function openFile(path: string): Promise<FileHandle> {
  try {
    return await open(path, OPEN_TO_READ);
  } catch (error) {
    throw isErrno(error, 'ELOOP') ? new LinkEncountered() : error;
  }
}
