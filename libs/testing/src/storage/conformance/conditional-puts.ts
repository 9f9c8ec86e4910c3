import assert from 'node:assert/strict';
import { ObjectKey } from 'nestjs-mainstay/storage';
import { putText, readText, rejectsWith, type DiskTest } from './disk-test.js';

const RACERS = 10;

/** Puts that must not overwrite what somebody else put. */
export function conditionalPuts(it: DiskTest): void {
  it('creates an object only once', async (disk) => {
    await putText(disk, 'a', 'first', { createOnly: true });
    await rejectsWith('STORAGE_ALREADY_EXISTS', () =>
      putText(disk, 'a', 'second', { createOnly: true }),
    );
    assert.equal(await readText(disk, 'a'), 'first');
  });

  it('has exactly one winner when several create one key at once', async (disk) => {
    for (let round = 0; round < 5; round++) {
      const racers = Array.from({ length: RACERS }, (_, index) =>
        putText(disk, `race/${round}`, String(index), { createOnly: true }).then(
          () => index,
          () => undefined,
        ),
      );
      const winners = (await Promise.all(racers)).filter((index) => index !== undefined);
      assert.equal(winners.length, 1);
      assert.equal(await readText(disk, `race/${round}`), String(winners[0]));
    }
  });

  it('replaces an object only while its etag is the known one', async (disk) => {
    const first = await putText(disk, 'a', 'one');
    const second = await putText(disk, 'a', 'two', { ifMatch: first.etag });
    await rejectsWith('STORAGE_PRECONDITION_FAILED', () =>
      putText(disk, 'a', 'three', { ifMatch: first.etag }),
    );
    assert.equal(await readText(disk, 'a'), 'two');
    assert.equal((await disk.stat(ObjectKey.parse('a'))).etag, second.etag);
  });

  it('does not create what should only be replaced', async (disk) => {
    await rejectsWith('STORAGE_PRECONDITION_FAILED', () =>
      putText(disk, 'a', 'data', { ifMatch: 'any' }),
    );
    await rejectsWith('STORAGE_NOT_FOUND', () => readText(disk, 'a'));
  });

  it('loses no update when several count with etags', async (disk) => {
    await putText(disk, 'counter', '0');
    const increment = async (): Promise<void> => {
      const { etag } = await disk.stat(ObjectKey.parse('counter'));
      const next = String(Number(await readText(disk, 'counter')) + 1);
      await putText(disk, 'counter', next, { ifMatch: etag, durability: 'none' }).catch(increment);
    };
    await Promise.all(Array.from({ length: RACERS }, increment));
    assert.equal(await readText(disk, 'counter'), String(RACERS));
  });
}
