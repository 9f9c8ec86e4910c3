import assert from 'node:assert';
import type { DeclareSharedStoreTest } from './shared-store-test.js';

/** What is older does not replace what is newer, whenever it comes. */
export function orderingWrites(it: DeclareSharedStoreTest): void {
  it('refuses a load that began before an entry was written, and says so', async (test) => {
    const loaded = test.entry('old');
    await test.later();
    await test.set('key', test.entry('new'));
    const refused = await test.one.setMany(
      [
        ['key', loaded],
        ['free', loaded],
      ],
      'load',
    );
    assert.deepStrictEqual(refused, ['key']);
    await test.holds('key', 'new');
    await test.holds('free', 'old');
  });

  it('stores a load in place of an older entry', async (test) => {
    await test.set('key', test.entry('old'));
    await test.later();
    assert.ok(await test.set('key', test.entry('new'), 'load'));
    await test.holds('key', 'new');
  });

  it('writes what is made up for, unless something newer is there', async (test) => {
    const missed = test.entry('missed');
    await test.later();
    await test.set('taken', test.entry('newer'));
    assert.strictEqual(await test.set('taken', missed, 'replay'), false);
    assert.strictEqual(await test.set('free', missed, 'replay'), true);
    await test.holds('taken', 'newer');
    await test.holds('free', 'missed');
  });

  it('invalidates as of when it was called what is made up for', async (test) => {
    await test.set('older', test.entry(1, { tags: ['a'] }));
    await test.later();
    const calledAt = test.clock.now();
    await test.later();
    await test.set('newer', test.entry(2, { tags: ['b'] }), 'load');
    await test.one.invalidate({ keys: ['older', 'newer'] }, [calledAt, calledAt]);
    await test.holds('older', undefined);
    await test.holds('newer', 2);
    await test.one.invalidate({ tags: ['a', 'b'] }, [calledAt, calledAt]);
    await test.one.invalidate('everything', [calledAt]);
    await test.holds('newer', 2);
  });

  const invalidations = [
    ['a deletion', { keys: ['key'] }],
    ['the invalidation of a tag', { tags: ['a'] }],
    ['a clear', 'everything'],
  ] as const;
  for (const [name, what] of invalidations) {
    it(`does not take ${name} back by an older one that is made up for`, async (test) => {
      const calledAt = test.clock.now();
      await test.later();
      const loaded = test.entry('old', { tags: ['a'] });
      await test.later();
      await test.other.invalidate(what);
      await test.one.invalidate(what, [calledAt]);
      assert.strictEqual(await test.set('key', loaded, 'load'), false);
      await test.holds('key', undefined);
    });
  }
}

/** Also not when both come at the same moment. */
export function comparingAndSetting(it: DeclareSharedStoreTest): void {
  it('keeps the newest of what several instances write at the same time', async (test) => {
    for (let round = 0; round < 50; round++) {
      const key = `key:${round}`;
      const [oldest, older] = [test.entry('oldest'), test.entry('older')];
      await test.later();
      await Promise.all([
        test.one.setMany([[key, oldest]], 'load'),
        test.other.setMany([[key, test.entry('newest')]], 'call'),
        test.one.setMany([[key, older]], 'replay'),
      ]);
      await test.holds(key, 'newest');
    }
  });

  it('lets no load through that a deletion meets on its way', async (test) => {
    for (let round = 0; round < 50; round++) {
      const key = `key:${round}`;
      const loaded = test.entry('old');
      await test.later();
      await Promise.all([
        test.one.setMany([[key, loaded]], 'load'),
        test.other.invalidate({ keys: [key] }),
      ]);
      await test.holds(key, undefined);
    }
  });
}
