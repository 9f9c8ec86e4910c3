import assert from 'node:assert';
import { STEP_MS, type DeclareSharedStoreTest, type SharedStoreTest } from './shared-store-test.js';

/** Longer than a test takes, in milliseconds. */
const LONG_MS = 60_000;

/** One instance at a time has the lock of a key. */
export function locking(it: DeclareSharedStoreTest): void {
  it('gives the lock of a key to one instance, and that of another key to another', async (test) => {
    assert.ok(await take(test, 'one', 'key'));
    assert.ok(!(await take(test, 'other', 'key')));
    assert.ok(!(await take(test, 'one', 'key')));
    assert.ok(await take(test, 'other', 'Key'));
  });

  it('gives the lock of a key to the next when it was released', async (test) => {
    const lock = await take(test, 'one', 'key');
    await lock?.release();
    assert.ok(await take(test, 'other', 'key'));
  });

  it('ends a lock that nobody releases', async (test) => {
    await take(test, 'one', 'key', 2 * STEP_MS);
    for (let step = 0; step < 3; step++) await test.later();
    assert.ok(await take(test, 'other', 'key'));
  });

  it('does not release what another instance has taken since', async (test) => {
    const ended = await take(test, 'one', 'key', STEP_MS);
    for (let step = 0; step < 2; step++) await test.later();
    assert.ok(await take(test, 'other', 'key'));
    await ended?.release();
    assert.ok(!(await take(test, 'one', 'key')));
  });

  it('keeps locks apart from entries', async (test) => {
    await test.set('key', test.entry(1));
    const lock = await take(test, 'one', 'key');
    await test.holds('key', 1);
    await test.one.invalidate('everything');
    assert.ok(!(await take(test, 'other', 'key')));
    await lock?.release();
    await test.holds('key', undefined);
  });
}

async function take(
  test: SharedStoreTest,
  instance: 'one' | 'other',
  key: string,
  lifeMs = LONG_MS,
): Promise<{ release(): PromiseLike<void> } | undefined> {
  const asked = test[instance].lock?.(key, lifeMs);
  assert.ok(asked, 'the store has no locks');
  return asked;
}
