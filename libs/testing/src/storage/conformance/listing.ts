import assert from 'node:assert/strict';
import { KeyPrefix, ObjectKey, prepareDisk, type Disk } from 'nestjs-mainstay/storage';
import { keysOf, putText, type DiskTest } from './disk-test.js';

/** In the order of their UTF-8 bytes: `-` and `.` come before `/`, U+FF5E before what lies beyond U+FFFF. */
const KEYS = ['a', 'b-c', 'b.txt', 'b/c', 'b/c.txt', 'b/d/e', 'b0', 'é', '\uff5e', '😀'];

/** Listings are lazy, recursive and ordered, and can be gone on with. */
export function listing(it: DiskTest): void {
  it('lists all objects in the order of their UTF-8 bytes', async (disk) => {
    await fill(disk);
    assert.deepEqual(await keysOf(disk), KEYS);
  });

  it('tells the facts of each object', async (disk) => {
    const stored = await putText(disk, 'a', 'hello');
    for await (const entry of disk.list(KeyPrefix.parse(''))) {
      assert.equal(entry.key, 'a');
      assert.equal(entry.size, 5);
      assert.equal(entry.etag, stored.etag);
    }
  });

  it('lists what begins with a prefix, which may end within a name', async (disk) => {
    await fill(disk);
    assert.deepEqual(await keysOf(disk, 'b'), KEYS.slice(1, 7));
    assert.deepEqual(await keysOf(disk, 'b/'), ['b/c', 'b/c.txt', 'b/d/e']);
    assert.deepEqual(await keysOf(disk, 'b/c'), ['b/c', 'b/c.txt']);
    assert.deepEqual(await keysOf(disk, 'b/d/'), ['b/d/e']);
    assert.deepEqual(await keysOf(disk, 'nothing/here'), []);
    assert.deepEqual(await keysOf(disk, 'a/'), []);
  });

  it('goes on behind any key, whether it is still there or not', async (disk) => {
    await fill(disk);
    for (const [index, key] of KEYS.entries()) {
      assert.deepEqual(await keysOf(disk, '', key), KEYS.slice(index + 1));
    }
    assert.deepEqual(await keysOf(disk, 'b', 'b/cc'), ['b/d/e', 'b0']);
  });

  it('survives objects and folders that vanish while it runs', async (disk) => {
    await fill(disk);
    const seen: string[] = [];
    for await (const { key } of disk.list(KeyPrefix.parse(''))) {
      seen.push(key);
      if (key === 'a') await disk.deleteMany(KEYS.slice(3, 6).map((gone) => ObjectKey.parse(gone)));
    }
    assert.ok(['a', 'b0', 'é'].every((key) => seen.includes(key)));
  });

  it('can be left at any time', async (disk) => {
    await fill(disk);
    for await (const { key } of disk.list(KeyPrefix.parse(''))) {
      assert.equal(key, 'a');
      break;
    }
  });

  it('shows nothing of the disk itself', async (disk) => {
    await prepareDisk(disk);
    assert.deepEqual(await keysOf(disk), []);
  });
}

async function fill(disk: Disk): Promise<void> {
  for (const key of KEYS.toReversed()) await putText(disk, key, key, { durability: 'none' });
}
