import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { Logger } from '@nestjs/common';
import { SystemClock } from 'nestjs-mainstay/common';
import { Operations } from 'nestjs-mainstay/resource';
import { FakeClock, RecordedCalls } from 'nestjs-mainstay/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import type { ObjectEntry } from './disks/disk.js';
import { LocalDisk } from './disks/local-disk.js';
import { MemoryDisk } from './disks/memory-disk.js';
import { prepareDisk } from './disks/prepare-disk.js';
import {
  StorageAccessDeniedError,
  StorageNoSpaceError,
  StorageTooManyOpenError,
} from './storage.errors.js';
import { StorageService } from './storage.service.js';

const codes = (code: string): object => expect.objectContaining({ code }) as object;

let clock: FakeClock;
let disk: MemoryDisk;
let recorded: RecordedCalls;
let storage: StorageService;

function serviceOn(backend: { disk?: MemoryDisk; maxBytes?: number } = {}): StorageService {
  const parts = { name: 'storage', clock, disk, maxBytes: undefined, ...backend };
  return new StorageService(parts, new Operations(clock, recorded));
}

beforeEach(() => {
  clock = new FakeClock();
  disk = new MemoryDisk(clock);
  recorded = new RecordedCalls();
  storage = serviceOn();
});

/** Has the next puts of the disk fail, then work again. */
function failPuts(...errors: Error[]): void {
  const put = disk.put.bind(disk);
  disk.put = async (...call) => {
    const error = errors.shift();
    if (error) throw error;
    return put(...call);
  };
}

describe('storage rule 21: write and read', () => {
  it('write gives true, read the data; both are recorded as attempt and success', async () => {
    expect(await storage.write('a/b', 'data')).toBe(true);
    expect((await storage.read('a/b')).toString()).toBe('data');
    expect(recorded.of('storage').filter((line) => !line.includes('try'))).toEqual([
      'storage.write attempt',
      'storage.write success',
      'storage.read attempt',
      'storage.read success',
    ]);
  });

  it('write gives false for a known failure of the disk, recorded as failure', async () => {
    failPuts(new StorageNoSpaceError(), new StorageAccessDeniedError());
    expect(await storage.write('a', 'data')).toBe(false);
    expect(await storage.write('a', 'data')).toBe(false);
    expect(recorded.calls).toContain('storage.write failure STORAGE_NO_SPACE');
    expect(recorded.calls).toContain('storage.write failure STORAGE_ACCESS_DENIED');
  });

  it('write throws mistakes of the caller', async () => {
    await expect(storage.write('../a', 'data')).rejects.toEqual(codes('STORAGE_INVALID_KEY'));
    await expect(storage.write('a', 7 as never)).rejects.toEqual(codes('STORAGE_INVALID_DATA'));
    await expect(storage.write('a', { a: 1 } as never)).rejects.toEqual(
      codes('STORAGE_INVALID_DATA'),
    );
    await storage.write('a', 'data');
    await expect(storage.write('a', 'data', { createOnly: true })).rejects.toEqual(
      codes('STORAGE_ALREADY_EXISTS'),
    );
  });

  it('write throws unknown errors as they are', async () => {
    const defect = new TypeError('defect');
    failPuts(defect);
    Logger.overrideLogger(false);
    await expect(storage.write('a', 'data')).rejects.toBe(defect);
    Logger.overrideLogger(true);
  });

  it('read throws what it cannot read', async () => {
    await expect(storage.read('a')).rejects.toEqual(codes('STORAGE_NOT_FOUND'));
    expect(recorded.calls).toContain('storage.read failure STORAGE_NOT_FOUND');
  });

  it('put, stat, exists, copy, move and delete do what they say', async () => {
    const stored = await storage.put('a', 'data');
    expect(stored).toMatchObject({ key: 'a', size: 4, storedOn: 'primary' });
    expect(await storage.stat('a')).toMatchObject({ size: 4, etag: stored.etag });
    await storage.copy('a', 'b');
    await storage.move('b', 'c');
    expect([await storage.exists('b'), await storage.exists('c')]).toEqual([false, true]);
    expect(await storage.delete('c')).toBe(true);
    expect(await storage.delete('c')).toBe(true);
  });

  it('delete gives false for a known failure of the disk', async () => {
    disk.delete = () => Promise.reject(new StorageAccessDeniedError());
    expect(await storage.delete('a')).toBe(false);
  });
});

describe('storage rule 8: inputs', () => {
  const bytes = Buffer.from('größe 👋 0123456789');
  const arrayBuffer = new Uint8Array(bytes).buffer;
  const words = new Uint16Array(new Uint8Array(bytes.subarray(0, 12)).buffer);
  async function* pieces(): AsyncGenerator<string | Uint8Array> {
    yield bytes.subarray(0, 3);
    yield new Uint8Array();
    yield bytes.subarray(3);
  }
  const shared = new SharedArrayBuffer(bytes.length);
  new Uint8Array(shared).set(bytes);
  const inputs = {
    string: () => bytes.toString(),
    Buffer: () => bytes,
    Uint8Array: () => new Uint8Array(bytes),
    DataView: () => new DataView(arrayBuffer),
    ArrayBuffer: () => arrayBuffer,
    SharedArrayBuffer: () => shared,
    Blob: () => new Blob([bytes]),
    Readable: () => Readable.from([bytes.subarray(0, 5), bytes.subarray(5)]),
    'Readable of text': () => Readable.from([bytes.toString()]),
    'async iterable': pieces,
    'web stream': () => new Blob([bytes]).stream(),
  };

  for (const [name, make] of Object.entries(inputs)) {
    it(`stores identical bytes from ${name}`, async () => {
      expect((await storage.put('a', make() as Buffer)).size).toBe(bytes.length);
      expect((await storage.read('a')).equals(bytes)).toBe(true);
    });
  }

  it('stores the bytes of a typed array, not its numbers', async () => {
    await storage.put('a', words);
    expect((await storage.read('a')).equals(bytes.subarray(0, 12))).toBe(true);
  });

  it('reports progress', async () => {
    const progress: number[] = [];
    await storage.put('a', Readable.from(['12', '345']), { onProgress: (n) => progress.push(n) });
    expect(progress).toEqual([2, 5]);
  });

  it('refuses a stream that was read before, and a piece that is no data', async () => {
    const used = Readable.from(['data']);
    await used.toArray();
    await expect(storage.put('a', used)).rejects.toEqual(codes('STORAGE_INVALID_DATA'));
    const numbers = Readable.from([1, 2]);
    await expect(storage.put('a', numbers)).rejects.toEqual(codes('STORAGE_INVALID_DATA'));
    expect(await storage.exists('a')).toBe(false);
  });

  it('survives a stream that fails before it is read', async () => {
    const failing = new PassThrough();
    const put = storage.put('a', failing);
    failing.destroy(new Error('early'));
    await expect(put).rejects.toEqual(codes('STORAGE_SOURCE_FAILED'));
  });
});

describe('storage rule 9: deadlines and aborts', () => {
  it('a stalled source is given up after 30 s, cancelled, and never a failure of the disk', async () => {
    const stalled = new PassThrough();
    stalled.write('some');
    const put = storage.write('a', stalled);
    const failed = expect(put).rejects.toEqual(codes('STORAGE_SOURCE_FAILED'));
    await clock.advance(29_000);
    stalled.write('more');
    await clock.advance(29_000);
    expect(stalled.destroyed).toBe(false);
    await clock.advance(2_000);
    await failed;
    expect(stalled.destroyed).toBe(true);
    expect(await storage.exists('a')).toBe(false);
    expect(recorded.calls).toContain('storage.write cancelled');
    // The timer of the timeouts, which calls share, is gone 10 ms after the last one.
    await clock.advance(10);
    expect(clock.pending.all).toBe(0);
  });

  it('a failing source is cancelled, whatever its error looks like', async () => {
    const failing = Readable.from(
      (async function* () {
        yield 'some';
        throw Object.assign(new Error('reset'), { code: 'ECONNRESET' });
      })(),
    );
    await expect(storage.write('a', failing)).rejects.toMatchObject({
      code: 'STORAGE_SOURCE_FAILED',
      retryable: false,
    });
    expect(recorded.calls).toContain('storage.write cancelled');
  });

  it('a disk that stands still is a timeout after 30 s', async () => {
    disk.put = () => new Promise(() => undefined);
    const put = expect(storage.put('a', Readable.from(['data']))).rejects.toEqual(
      codes('STORAGE_TIMEOUT'),
    );
    await clock.advance(30_000);
    await put;
    expect(recorded.calls).toContain('storage.put failure STORAGE_TIMEOUT');
  });

  it('an abort ends a put at once and lets go of its source', async () => {
    const source = new PassThrough();
    const controller = new AbortController();
    const put = storage.write('a', source, { signal: controller.signal });
    const cancelled = expect(put).rejects.toEqual(codes('OPERATION_CANCELLED'));
    await clock.settle();
    controller.abort();
    await cancelled;
    await clock.settle();
    expect(source.destroyed).toBe(true);
    expect(recorded.calls).toContain('storage.write cancelled');
  });

  it('list and delete have deadlines', async () => {
    disk.list = () => ({
      skipped: 0,
      [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => undefined) }),
    });
    disk.delete = () => new Promise(() => undefined);
    const listing = expect(storage.list().next()).rejects.toEqual(codes('OPERATION_TIMEOUT'));
    const deleting = storage.delete('a');
    await clock.advance(40_000);
    await listing;
    expect(await deleting).toBe(false);
  });

  it('a reader that takes nothing for 30 s is cancelled, and its object closed', async () => {
    await storage.write('a', Buffer.alloc(10));
    const { stream } = await storage.get('a');
    const over = expect(finished(stream)).rejects.toEqual(codes('STORAGE_ABORTED'));
    await clock.advance(31_000);
    await over;
    expect(recorded.calls).toContain('storage.transfer cancelled');
    expect(clock.pending.all).toBe(0);
  });
});

describe('nothing stays behind', () => {
  it('a stream that nobody reads or listens to ends without harm', async () => {
    await storage.write('a', Buffer.alloc(10));
    const { stream } = await storage.get('a');
    await clock.advance(31_000);
    expect(stream.destroyed).toBe(true);
    expect(recorded.calls).toContain('storage.transfer cancelled');
  });

  it('a call that is refused at once leaves no timer', async () => {
    const small = serviceOn({ maxBytes: 3 });
    await expect(small.read('../a')).rejects.toEqual(codes('STORAGE_INVALID_KEY'));
    await expect(small.copy('a', '../b')).rejects.toEqual(codes('STORAGE_INVALID_KEY'));
    await expect(small.put('a', '1234')).rejects.toEqual(codes('STORAGE_TOO_LARGE'));
    await expect(small.put('a', 1 as never)).rejects.toEqual(codes('STORAGE_INVALID_DATA'));
    expect(clock.pending.all).toBe(0);
  });
});

describe('storage rule 11: tries', () => {
  it('a passing failure is tried again when the data can be read again', async () => {
    failPuts(new StorageTooManyOpenError());
    const put = storage.write('a', 'data');
    await clock.advance(1_000);
    expect(await put).toBe(true);
    expect(recorded.calls).toContain('storage.write outcome recovered after 2');
  });

  it('a consumed stream is never read twice', async () => {
    failPuts(new StorageTooManyOpenError());
    const put = storage.write('a', Readable.from(['data']));
    await clock.advance(1_000);
    expect(await put).toBe(false);
    expect(recorded.of('storage.write try')).toHaveLength(1);
  });

  it('a conditional put is not repeated: it would meet itself', async () => {
    failPuts(new StorageTooManyOpenError());
    const put = storage.write('a', 'data', { createOnly: true });
    await clock.advance(1_000);
    expect(await put).toBe(false);
    expect(recorded.of('storage.write try')).toHaveLength(1);
  });
});

describe('storage rule 7: get', () => {
  it('rejects what is not there before any stream exists', async () => {
    await expect(storage.get('a')).rejects.toEqual(codes('STORAGE_NOT_FOUND'));
    expect(recorded.of('storage.transfer')).toEqual([]);
  });

  it('gives stream and facts, and records the transfer on its own', async () => {
    await storage.write('a.txt', '0123456789');
    const { stream, ...facts } = await storage.get('a.txt', { range: { start: 2, end: 4 } });
    expect(facts).toMatchObject({
      key: 'a.txt',
      size: 10,
      length: 3,
      range: { start: 2, end: 4 },
      contentType: 'text/plain; charset=utf-8',
    });
    expect(recorded.of('storage.get')).toContain('storage.get success');
    expect(recorded.of('storage.transfer')).toEqual(['storage.transfer attempt']);
    expect(Buffer.concat(await stream.toArray()).toString()).toBe('234');
    await clock.settle();
    expect(recorded.of('storage.transfer')).toContain('storage.transfer success');
  });

  it('an abort ends the stream', async () => {
    await storage.write('a', Buffer.alloc(1_000_000));
    const controller = new AbortController();
    const { stream } = await storage.get('a', { signal: controller.signal });
    const over = expect(finished(stream)).rejects.toEqual(codes('STORAGE_ABORTED'));
    controller.abort();
    await over;
    await clock.settle();
    expect(recorded.calls).toContain('storage.transfer cancelled');
  });

  it('50 downloads that are closed early leave no descriptor open', async () => {
    const root = await mkdtemp(join(tmpdir(), 'storage-get-'));
    const system = new SystemClock();
    const local = new LocalDisk({ root }, system);
    await prepareDisk(local);
    const backend = { name: 'storage', clock: system, disk: local, maxBytes: undefined };
    const real = new StorageService(backend, new Operations(system));
    await real.write('big/file', Buffer.alloc(1_000_000));
    const countOpen = async (): Promise<number> => (await readdir('/dev/fd')).length;
    const before = await countOpen();
    for (let round = 0; round < 50; round++) {
      const { stream } = await real.get('big/file');
      const closed = new Promise((resolve) => stream.once('close', resolve));
      if (round % 2) await new Promise((resolve) => stream.once('readable', resolve));
      stream.destroy();
      await closed;
    }
    expect(await countOpen()).toBe(before);
    await rm(root, { recursive: true });
  });
});

describe('storage rule 19: list and deletePrefix', () => {
  async function fill(count: number): Promise<void> {
    for (let index = 0; index < count; index++) {
      await storage.write(`many/${String(index).padStart(5, '0')}`, 'x');
    }
    await storage.write('other', 'x');
  }

  async function keysOf(...call: Parameters<StorageService['list']>): Promise<readonly string[]> {
    const keys: string[] = [];
    for await (const { key } of storage.list(...call)) keys.push(key);
    return keys;
  }

  it('lists page by page, up to a limit, and goes on at a cursor', async () => {
    await fill(250);
    expect(await keysOf()).toHaveLength(251);
    expect(recorded.of('storage.list success')).toHaveLength(3);
    const entries: ObjectEntry[] = [];
    for await (const entry of storage.list('many/', { limit: 120 })) entries.push(entry);
    expect(entries).toHaveLength(120);
    const rest = await keysOf('many/', { cursor: entries.at(-1)?.cursor });
    expect(rest[0]).toBe('many/00120');
    expect(rest).toHaveLength(130);
  });

  it('refuses what is no cursor and no prefix', async () => {
    await expect(keysOf('', { cursor: 'nonsense' })).rejects.toEqual(codes('STORAGE_INVALID_KEY'));
    await expect(keysOf('../')).rejects.toEqual(codes('STORAGE_INVALID_KEY'));
  });

  it('a page that failed is read again without losing or repeating an entry', async () => {
    await fill(150);
    const list = disk.list.bind(disk);
    let failures = 1;
    disk.list = (...call) => {
      const listing = list(...call);
      return {
        skipped: 0,
        async *[Symbol.asyncIterator]() {
          let count = 0;
          for await (const entry of listing) {
            if (count++ === 120 && failures-- > 0) throw new StorageTooManyOpenError();
            yield entry;
          }
        },
      };
    };
    const keys = keysOf('many/');
    await clock.settle();
    await clock.advance(1_000);
    const found = await keys;
    expect(found).toHaveLength(150);
    expect(new Set(found).size).toBe(150);
  });

  it('deletes everything below a prefix in batches, and reports what it could not delete', async () => {
    await fill(1_200);
    const deleteMany = disk.deleteMany.bind(disk);
    const batches: number[] = [];
    disk.deleteMany = async (keys) => {
      batches.push(keys.length);
      const [first, ...others] = keys;
      await deleteMany(others);
      return [{ key: first?.value ?? '', error: new StorageAccessDeniedError() }];
    };
    const { deleted, failures } = await storage.deletePrefix('many/');
    expect(batches).toEqual([1_000, 200]);
    expect(deleted).toBe(1_198);
    expect(failures.map(({ key }) => key)).toEqual(['many/00000', 'many/01000']);
    expect(await keysOf()).toEqual(['many/00000', 'many/01000', 'other']);
  });

  it('a batch that failed is deleted again', async () => {
    await fill(3);
    const deleteMany = disk.deleteMany.bind(disk);
    let failures = 1;
    disk.deleteMany = async (...call) => {
      if (failures-- > 0) throw new StorageTooManyOpenError();
      return deleteMany(...call);
    };
    const deleting = storage.deletePrefix('many/');
    await clock.advance(1_000);
    expect(await deleting).toEqual({ deleted: 3, failures: [] });
  });

  it('refuses to delete everything', async () => {
    await expect(storage.deletePrefix('')).rejects.toEqual(codes('STORAGE_INVALID_KEY'));
  });
});

describe('storage rule 20: limits', () => {
  it('refuses what is too large before it is read, and while it streams in', async () => {
    storage = serviceOn({ maxBytes: 10 });
    expect(await storage.write('a', Buffer.alloc(10))).toBe(true);
    await expect(storage.write('b', Buffer.alloc(11))).rejects.toEqual(codes('STORAGE_TOO_LARGE'));
    const endless = Readable.from(
      (function* () {
        for (;;) yield Buffer.alloc(4);
      })(),
    );
    await expect(storage.write('b', endless)).rejects.toEqual(codes('STORAGE_TOO_LARGE'));
    expect(endless.destroyed).toBe(true);
    expect(await storage.exists('b')).toBe(false);
  });
});

describe('storage rule 6: what a disk cannot do is refused', () => {
  it('temporaryUrl of a disk without such is not supported', async () => {
    await expect(storage.temporaryUrl('a')).rejects.toEqual(codes('STORAGE_NOT_SUPPORTED'));
  });

  it('temporaryUrl of a disk that has one is given', async () => {
    Object.assign(disk, { temporaryUrl: async (_: unknown, ms: number) => `https://s/${ms}` });
    expect(await storage.temporaryUrl('a', { expiresInMs: 5 })).toBe('https://s/5');
  });
});
