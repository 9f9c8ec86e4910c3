import { mkdtemp, open, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SystemClock } from 'nestjs-mainstay/common';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ObjectKey } from '../keys/object-key.js';
import type { Durability } from './disk.js';
import { LocalDisk } from './local-disk.js';
import { prepareDisk } from './prepare-disk.js';

const syncs = vi.hoisted(() => ({ folders: 0 }));

vi.mock('node:fs', async (importOriginal) => {
  const fs = await importOriginal<typeof import('node:fs')>();
  const fsync = new Proxy(fs.fsync, {
    apply(target, self, call): unknown {
      syncs.folders++;
      return Reflect.apply(target, self, call);
    },
  });
  return { ...fs, fsync };
});

/** The methods of all file handles, to be spied on. */
interface HandleMethods {
  sync(): Promise<void>;
  write(
    data: Uint8Array,
    offset: number,
    length: number,
    position: number,
  ): Promise<{ bytesWritten: number }>;
}

const clock = new SystemClock();
const KEY = ObjectKey.parse('a/b/c');
const failure = (code: string): Error => Object.assign(new Error(code), { code, syscall: 'fsync' });

let root: string;
let disk: LocalDisk;
let handles: HandleMethods;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'storage-durability-'));
  disk = new LocalDisk({ root }, clock);
  await prepareDisk(disk);
  const handle = await open(root);
  handles = Object.getPrototypeOf(handle) as HandleMethods;
  await handle.close();
});

afterEach(async () => {
  vi.restoreAllMocks();
  await rm(root, { recursive: true });
});

const temps = (): Promise<readonly string[]> => readdir(join(root, '.mainstay'));

describe('storage rule 4: durability', () => {
  /** Syncs of the data; then of folders: the root by its path, as a handle, and others by descriptor. */
  async function syncsOf(durability: Durability): Promise<{ handles: number; folders: number }> {
    const sync = vi.spyOn(handles, 'sync');
    syncs.folders = 0;
    await disk.put(KEY, [Buffer.from('data')], { durability });
    return { handles: sync.mock.calls.length, folders: syncs.folders };
  }

  it('full syncs the file, its folder and newly made parents', async () => {
    expect(await syncsOf('full')).toEqual({ handles: 2, folders: 2 });
    vi.restoreAllMocks();
    expect(await syncsOf('full')).toEqual({ handles: 1, folders: 1 });
  });

  it('file syncs the file, none syncs nothing; new folders are always made durable', async () => {
    await disk.put(KEY, [Buffer.from('data')]);
    expect(await syncsOf('file')).toEqual({ handles: 1, folders: 0 });
    vi.restoreAllMocks();
    expect(await syncsOf('none')).toEqual({ handles: 0, folders: 0 });
  });

  it('a failed fsync is not retried; the old object stays', async () => {
    await disk.put(KEY, [Buffer.from('old')]);
    const sync = vi.spyOn(handles, 'sync').mockRejectedValue(failure('EIO'));
    await expect(disk.put(KEY, [Buffer.from('new')])).rejects.toMatchObject({
      code: 'STORAGE_UNREACHABLE',
      failover: true,
    });
    expect(sync).toHaveBeenCalledTimes(1);
    expect(await readFile(join(root, 'a/b/c'), 'utf8')).toBe('old');
    expect(await temps()).toEqual(['root-id']);
  });

  it('a full disk that shows only at the fsync leaves the old object', async () => {
    await disk.put(KEY, [Buffer.from('old')]);
    vi.spyOn(handles, 'sync').mockRejectedValue(failure('ENOSPC'));
    await expect(disk.put(KEY, [Buffer.from('new')])).rejects.toMatchObject({
      code: 'STORAGE_NO_SPACE',
    });
    expect(await readFile(join(root, 'a/b/c'), 'utf8')).toBe('old');
    expect(await temps()).toEqual(['root-id']);
  });
});

describe('storage rule 3: every byte is written', () => {
  it('goes on after writes that took fewer bytes than they were given', async () => {
    const write = handles.write;
    const spy = vi.spyOn(handles, 'write').mockImplementation(function (
      this: HandleMethods,
      data,
      offset,
      length,
      position,
    ) {
      return write.call(this, data, offset, Math.min(length, 3), position);
    });
    const data = Buffer.from('0123456789');
    expect((await disk.put(KEY, [data], { sha256: true })).size).toBe(10);
    expect(spy.mock.calls.length).toBe(4);
    expect((await disk.read(KEY)).equals(data)).toBe(true);
  });

  it('does not believe a write that says it wrote and did not', async () => {
    vi.spyOn(handles, 'write').mockResolvedValue({ bytesWritten: 10 });
    await expect(disk.put(KEY, [Buffer.from('0123456789')])).rejects.toMatchObject({
      code: 'STORAGE_CORRUPT',
    });
    expect(await temps()).toEqual(['root-id']);
  });
});
