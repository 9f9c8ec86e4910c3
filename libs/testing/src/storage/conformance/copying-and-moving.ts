import assert from 'node:assert/strict';
import { ObjectKey } from 'nestjs-mainstay/storage';
import { keysOf, putText, readText, rejectsWith, type DiskTest } from './disk-test.js';

const FROM = ObjectKey.parse('from/a');
const TO = ObjectKey.parse('to/b');

/** Copies and moves are all or nothing, too. */
export function copyingAndMoving(it: DiskTest): void {
  it('copies an object, over another as well', async (disk) => {
    await putText(disk, FROM.value, 'data');
    await putText(disk, TO.value, 'old');
    const stored = await disk.copy(FROM, TO);
    assert.equal(stored.key, TO.value);
    assert.equal(stored.size, 4);
    assert.equal(await readText(disk, TO.value), 'data');
    assert.equal(await readText(disk, FROM.value), 'data');
  });

  it('moves an object, over another as well', async (disk) => {
    await putText(disk, FROM.value, 'data');
    await putText(disk, TO.value, 'old');
    await disk.move(FROM, TO);
    assert.equal(await readText(disk, TO.value), 'data');
    assert.deepEqual(await keysOf(disk), [TO.value]);
  });

  it('leaves an object that is copied or moved onto itself', async (disk) => {
    await putText(disk, FROM.value, 'data');
    await disk.copy(FROM, FROM);
    await disk.move(FROM, FROM);
    assert.equal(await readText(disk, FROM.value), 'data');
  });

  it('rejects what is not there', async (disk) => {
    await rejectsWith('STORAGE_NOT_FOUND', () => disk.copy(FROM, TO));
    await rejectsWith('STORAGE_NOT_FOUND', () => disk.move(FROM, TO));
    assert.deepEqual(await keysOf(disk), []);
  });

  it('moves no folder, and nothing onto a folder', async (disk) => {
    await putText(disk, FROM.value, 'data');
    await putText(disk, TO.value, 'data');
    await rejectsWith('STORAGE_NOT_FOUND', () => disk.move(ObjectKey.parse('from'), TO));
    await rejectsWith('STORAGE_ALREADY_EXISTS', () => disk.move(FROM, ObjectKey.parse('to')));
    await rejectsWith('STORAGE_ALREADY_EXISTS', () => disk.move(FROM, ObjectKey.parse('to/b/c')));
    assert.deepEqual(await keysOf(disk), [FROM.value, TO.value]);
  });
}
