import assert from 'node:assert/strict';
import { ObjectKey } from 'nestjs-mainstay/storage';
import { keysOf, putText, readText, rejectsWith, type DiskTest } from './disk-test.js';

/** What is deleted is gone, and leaves nothing in the way. */
export function deleting(it: DiskTest): void {
  it('deletes an object', async (disk) => {
    await putText(disk, 'a/b', 'data');
    await disk.delete(ObjectKey.parse('a/b'));
    await rejectsWith('STORAGE_NOT_FOUND', () => readText(disk, 'a/b'));
    assert.deepEqual(await keysOf(disk), []);
  });

  it('takes what is not there for deleted', async (disk) => {
    await disk.delete(ObjectKey.parse('a'));
    await disk.delete(ObjectKey.parse('a/b/c'));
  });

  it('deletes no folder', async (disk) => {
    await putText(disk, 'a/b', 'data');
    await disk.delete(ObjectKey.parse('a'));
    assert.equal(await readText(disk, 'a/b'), 'data');
  });

  it('frees the names of folders that became empty', async (disk) => {
    await putText(disk, 'a/b/c', 'data');
    await disk.delete(ObjectKey.parse('a/b/c'));
    await putText(disk, 'a', 'now an object');
    assert.equal(await readText(disk, 'a'), 'now an object');
  });

  it('deletes many objects of many folders', async (disk) => {
    const keys = ['a', 'b/c', 'b/d', 'e/f/g', 'stays/here'];
    for (const key of keys) await putText(disk, key, key);
    const doomed = [...keys.slice(0, 4), 'not/there'].map((key) => ObjectKey.parse(key));
    assert.deepEqual(await disk.deleteMany(doomed), []);
    assert.deepEqual(await keysOf(disk), ['stays/here']);
  });

  it('loses no put to a folder that is removed at the same time', async (disk) => {
    for (let round = 0; round < 20; round++) {
      await putText(disk, 'busy/old', 'data', { durability: 'none' });
      await Promise.all([
        disk.delete(ObjectKey.parse('busy/old')),
        putText(disk, 'busy/new', String(round), { durability: 'none' }),
      ]);
      assert.equal(await readText(disk, 'busy/new'), String(round));
      await disk.delete(ObjectKey.parse('busy/new'));
    }
  });
}
