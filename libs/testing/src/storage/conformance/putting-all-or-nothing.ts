import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { ObjectKey, type Disk } from 'nestjs-mainstay/storage';
import { keysOf, pattern, putText, readText, rejectsWith, type DiskTest } from './disk-test.js';

/** A put appears as a whole or not at all, whatever happens on the way. */
export function puttingAllOrNothing(it: DiskTest): void {
  it('gives back the bytes that were put, in pieces or at once', async (disk) => {
    const data = pattern(300_000);
    const pieces = [data.subarray(0, 7), data.subarray(7, 200_000), data.subarray(200_000)];
    const stored = await disk.put(ObjectKey.parse('pieces'), pieces);
    assert.equal(stored.size, data.length);
    assert.ok((await disk.read(ObjectKey.parse('pieces'))).equals(data));
  });

  it('stores an empty object', async (disk) => {
    assert.equal((await disk.put(ObjectKey.parse('empty'), [])).size, 0);
    assert.equal(await readText(disk, 'empty'), '');
  });

  it('replaces an object, and gives it another etag', async (disk) => {
    const first = await putText(disk, 'a', 'one');
    const second = await putText(disk, 'a', 'two');
    assert.equal(await readText(disk, 'a'), 'two');
    assert.notEqual(second.etag, first.etag);
  });

  it('takes keys in any script, with spaces, dots and the longest segment', async (disk) => {
    for (const key of ['日本/ключ 1.txt', '.env', 'a..b/...', 'x'.repeat(255), '👩‍💻/é']) {
      await putText(disk, key, key);
      assert.equal(await readText(disk, key), key);
    }
  });

  it('keeps the old object when the source fails', async (disk) => {
    await putText(disk, 'a', 'old');
    async function* failing(): AsyncGenerator<Uint8Array> {
      yield Buffer.from('new, but not all of it');
      throw new Error('the source broke');
    }
    await assert.rejects(() => disk.put(ObjectKey.parse('a'), failing()), /the source broke/);
    assert.equal(await readText(disk, 'a'), 'old');
    await isClean(disk);
  });

  it('keeps the old object when the caller gives up between two pieces', async (disk) => {
    await putText(disk, 'a', 'old');
    const controller = new AbortController();
    async function* interrupted(): AsyncGenerator<Uint8Array> {
      yield Buffer.from('first');
      controller.abort();
      yield Buffer.from('second');
    }
    const call = { signal: controller.signal };
    await rejectsWith('STORAGE_ABORTED', () => disk.put(ObjectKey.parse('a'), interrupted(), call));
    assert.equal(await readText(disk, 'a'), 'old');
    await isClean(disk);
  });

  it('shows nothing of a put that is going on', async (disk) => {
    async function* watching(): AsyncGenerator<Uint8Array> {
      yield Buffer.from('first');
      assert.deepEqual(await keysOf(disk), []);
      await rejectsWith('STORAGE_NOT_FOUND', () => readText(disk, 'a'));
      yield Buffer.from('second');
    }
    await disk.put(ObjectKey.parse('a'), watching());
    assert.equal(await readText(disk, 'a'), 'firstsecond');
  });

  it('shows readers whole objects while they are replaced', async (disk) => {
    const key = ObjectKey.parse('shared');
    const versions = [pattern(200_000, 1), pattern(150_000, 2)];
    await disk.put(key, [versions[0] as Buffer]);
    let isWriting = true;
    const writing = (async () => {
      for (let round = 0; round < 20; round++) {
        await disk.put(key, [versions[round % 2] as Buffer], { durability: 'none' });
      }
      isWriting = false;
    })();
    while (isWriting) {
      const found = await disk.read(key);
      assert.ok(
        versions.some((version) => version.equals(found)),
        'a reader saw a torn object',
      );
    }
    await writing;
  });

  it('computes the SHA-256 when it is asked for', async (disk) => {
    const stored = await putText(disk, 'a', 'data', { sha256: true });
    assert.equal(stored.sha256, createHash('sha256').update('data').digest('hex'));
    assert.equal((await putText(disk, 'b', 'data')).sha256, undefined);
  });

  it('tells where and how durably it stored', async (disk) => {
    const stored = await putText(disk, 'a', 'data', { durability: 'none' });
    assert.equal(stored.durability, 'none');
    assert.equal(stored.storedOn, 'primary');
    assert.equal(stored.key, 'a');
  });

  it('takes several puts of one folder at once', async (disk) => {
    const keys = Array.from({ length: 20 }, (_, index) => `deep/er/${index}`);
    await Promise.all(keys.map((key) => putText(disk, key, key)));
    for (const key of keys) assert.equal(await readText(disk, key), key);
  });

  it('tells an object from a folder of its name', async (disk) => {
    await putText(disk, 'a/b', 'below');
    await rejectsWith('STORAGE_ALREADY_EXISTS', () => putText(disk, 'a', 'object'));
    await rejectsWith('STORAGE_ALREADY_EXISTS', () => putText(disk, 'a/b/c', 'below an object'));
    await rejectsWith('STORAGE_NOT_FOUND', () => readText(disk, 'a'));
    await rejectsWith('STORAGE_NOT_FOUND', () => readText(disk, 'a/b/c'));
  });
}

/** Nothing of a failed put lies about. */
async function isClean(disk: Disk): Promise<void> {
  assert.equal((await disk.usage()).temps ?? 0, 0);
  assert.deepEqual(await keysOf(disk), ['a']);
}
