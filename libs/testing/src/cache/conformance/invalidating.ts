import assert from 'node:assert';
import type { DeclareSharedStoreTest } from './shared-store-test.js';

/** What is invalidated is gone for all instances, and nothing brings it back that is older. */
export function invalidating(it: DeclareSharedStoreTest): void {
  it('deletes entries, and takes the deletion of what is not there', async (test) => {
    for (const key of ['a', 'b', 'c']) await test.set(key, test.entry(key));
    await test.one.invalidate({ keys: ['a', 'b', 'never written'] });
    for (const key of ['a', 'b']) await test.holds(key, undefined);
    await test.holds('c', 'c');
    assert.ok(await test.set('a', test.entry('again')));
    await test.holds('a', 'again');
  });

  it('invalidates what carries a tag, and nothing else', async (test) => {
    await test.set('both', test.entry(1, { tags: ['a', 'b'] }));
    await test.set('other', test.entry(2, { tags: ['c'] }));
    await test.set('none', test.entry(3));
    await test.one.invalidate({ tags: ['b', 'never used'] });
    await test.holds('both', undefined);
    await test.holds('other', 2);
    await test.holds('none', 3);
    await test.set('both', test.entry(4, { tags: ['a', 'b'] }));
    await test.holds('both', 4);
  });

  it('clears everything, and goes on working', async (test) => {
    await test.set('plain', test.entry(1));
    await test.set('tagged', test.entry(2, { tags: ['a'] }));
    await test.one.invalidate('everything');
    for (const key of ['plain', 'tagged']) await test.holds(key, undefined);
    await test.set('plain', test.entry(3));
    await test.holds('plain', 3);
  });

  it('ends the time in which an entry is fresh, and keeps its grace', async (test) => {
    const now = test.clock.now();
    const staleUntil = now + 60_000;
    await test.set('key', test.entry(1, { expiresAt: now + 30_000, staleUntil }));
    await test.one.invalidate({ expired: ['key', 'never written'] });
    await test.later();
    const found = await test.find('key');
    assert.strictEqual(found?.data, 1);
    assert.ok(found.expiresAt <= test.clock.now(), 'it is fresh');
    assert.ok(found.staleUntil > staleUntil - 1_000, 'its grace has become shorter');
    await test.holds('never written', undefined);
  });

  it('keeps away what began to load before a key without an entry was made to expire', async (test) => {
    const loaded = test.entry('old');
    await test.later();
    await test.other.invalidate({ expired: ['key'] });
    assert.strictEqual(await test.set('key', loaded, 'load'), false);
    await test.holds('key', undefined);
  });

  it('keeps away what began to load before an entry was made to expire', async (test) => {
    await test.set('key', test.entry('old'));
    await test.later();
    const loaded = test.entry('loaded');
    await test.later();
    await test.other.invalidate({ expired: ['key'] });
    assert.strictEqual(await test.set('key', loaded, 'load'), false);
    await test.holds('key', 'old');
  });

  for (const [how, what] of [
    ['invalidated by its tag', { tags: ['a'] }],
    ['cleared', 'everything'],
  ] as const) {
    it(`does not bring back by expiring what was ${how}, before or after`, async (test) => {
      await test.set('before', test.entry(1, { tags: ['a'] }));
      await test.set('after', test.entry(2, { tags: ['a'] }));
      await test.one.invalidate({ expired: ['before'] });
      await test.one.invalidate({ expired: ['before'] });
      await test.holds('before', 1);
      await test.one.invalidate(what);
      await test.one.invalidate({ expired: ['before', 'after'] });
      await test.holds('before', undefined);
      await test.holds('after', undefined);
    });
  }

  const invalidations = [
    ['its key was deleted', { keys: ['key'] }],
    ['one of its tags was invalidated', { tags: ['a'] }],
    ['everything was cleared', 'everything'],
  ] as const;
  for (const [when, what] of invalidations) {
    it(`refuses a load that began before ${when}, elsewhere`, async (test) => {
      const loaded = test.entry('old', { tags: ['a'] });
      await test.later();
      await test.other.invalidate(what);
      assert.strictEqual(await test.set('key', loaded, 'load'), false);
      await test.holds('key', undefined);
    });

    it(`stores a load that began after ${when}`, async (test) => {
      await test.other.invalidate(what);
      await test.later();
      assert.ok(await test.set('key', test.entry('new', { tags: ['a'] }), 'load'));
      await test.holds('key', 'new');
    });
  }
}
