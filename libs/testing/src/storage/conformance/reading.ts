import assert from 'node:assert/strict';
import { ObjectKey, type Disk } from 'nestjs-mainstay/storage';
import { drain, pattern, putText, rejectsWith, type DiskTest } from './disk-test.js';

const KEY = ObjectKey.parse('docs/a.txt');

/** Objects are opened before they are promised, and what was opened stays as it was. */
export function reading(it: DiskTest): void {
  it('tells the facts of an object', async (disk) => {
    const stored = await putText(disk, KEY.value, 'hello');
    const stat = await disk.stat(KEY);
    assert.equal(stat.key, KEY.value);
    assert.equal(stat.size, 5);
    assert.equal(stat.etag, stored.etag);
    assert.ok(stat.lastModified instanceof Date && !Number.isNaN(stat.lastModified.getTime()));
  });

  it('gives data and facts of one version', async (disk) => {
    const data = pattern(400_000);
    const stored = await disk.put(KEY, [data]);
    const object = await disk.open(KEY);
    await putText(disk, KEY.value, 'another version');
    assert.equal(object.etag, stored.etag);
    assert.equal(object.length, data.length);
    assert.ok((await drain(object)).equals(data));
    await object.close();
  });

  it('goes on giving an object that is deleted meanwhile', async (disk) => {
    const data = pattern(400_000);
    await disk.put(KEY, [data]);
    const object = await disk.open(KEY);
    await disk.delete(KEY);
    assert.ok((await drain(object)).equals(data));
    await object.close();
    await object.close();
  });

  it('rejects what is not there, before anything is read', async (disk) => {
    await rejectsWith('STORAGE_NOT_FOUND', () => disk.open(KEY));
    await rejectsWith('STORAGE_NOT_FOUND', () => disk.read(KEY));
    await rejectsWith('STORAGE_NOT_FOUND', () => disk.stat(KEY));
  });

  it('gives ranges, whose ends are included', async (disk) => {
    await putText(disk, KEY.value, '0123456789');
    const ranges = [
      [{ start: 0, end: 0 }, '0'],
      [{ start: 3, end: 5 }, '345'],
      [{ start: 7 }, '789'],
      [{ start: 8, end: 99 }, '89'],
    ] as const;
    for (const [range, expected] of ranges) {
      assert.equal((await disk.read(KEY, { range })).toString(), expected);
      const object = await disk.open(KEY, { range });
      assert.equal((await drain(object)).toString(), expected);
      assert.equal(object.size, 10);
      assert.equal(object.length, expected.length);
      assert.equal(object.range?.start, range.start);
      await object.close();
    }
  });

  it('refuses ranges that lie outside the object', async (disk) => {
    await putText(disk, KEY.value, '0123456789');
    for (const range of [{ start: 10 }, { start: -1 }, { start: 5, end: 4 }, { start: 0.5 }]) {
      await rejectsWith('STORAGE_RANGE_NOT_SATISFIABLE', () => disk.read(KEY, { range }));
      await rejectsWith('STORAGE_RANGE_NOT_SATISFIABLE', () => disk.open(KEY, { range }));
    }
  });

  it('tells the MIME type by content, then by extension', async (disk) => {
    const png = Buffer.from('89504e470d0a1a0a0000', 'hex');
    await disk.put(KEY, [png]);
    assert.equal(await contentTypeOf(disk, KEY), 'image/png');
    await putText(disk, KEY.value, 'text');
    assert.match((await contentTypeOf(disk, KEY)) ?? '', /^text\/plain/);
    await putText(disk, 'unknown', 'text');
    assert.equal(await contentTypeOf(disk, ObjectKey.parse('unknown')), undefined);
  });
}

async function contentTypeOf(disk: Disk, key: ObjectKey): Promise<string | undefined> {
  const object = await disk.open(key);
  await object.close();
  return object.contentType;
}
