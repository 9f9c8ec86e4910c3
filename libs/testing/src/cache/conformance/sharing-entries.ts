import assert from 'node:assert';
import { STEP_MS, type DeclareSharedStoreTest } from './shared-store-test.js';
import { VALUES } from './values.js';

/** More than any store takes in one command. */
const MANY = 1_100;

/** What one instance writes, the others find. */
export function sharingEntries(it: DeclareSharedStoreTest): void {
  for (const [name, value] of VALUES) {
    it(`gives ${name} to other instances as it was written`, async (test) => {
      await test.set('key', test.entry(value));
      await test.holds('key', value);
    });
  }

  it('gives entries in the order of their keys, and undefined for those that are not there', async (test) => {
    for (const key of ['a', 'b']) await test.set(key, test.entry(key));
    const found = await test.other.getMany(['b', 'missing', 'a', 'b']);
    assert.deepStrictEqual(
      found.map((entry) => entry?.data),
      ['b', undefined, 'a', 'b'],
    );
    assert.deepStrictEqual(await test.other.getMany([]), []);
  });

  it('gives tags and times back', async (test) => {
    const { createdAt, expiresAt, staleUntil } = test.entry(0);
    const grace = staleUntil + 60_000;
    await test.set('key', test.entry(1, { tags: ['a', 'ü b'], staleUntil: grace }));
    const found = await test.find('key');
    assert.deepStrictEqual(found?.tags, ['a', 'ü b']);
    const expected = [createdAt, expiresAt, grace];
    const times = [found?.createdAt, found?.expiresAt, found?.staleUntil];
    for (const [index, time] of expected.entries()) {
      const off = Math.abs((times[index] ?? NaN) - time);
      assert.ok(off < 1_000, `a time is wrong by ${off} ms`);
    }
  });

  it('keeps keys apart that differ in case, in white space, or in half a surrogate pair', async (test) => {
    const keys = ['key', 'Key', 'key ', '\ud800', '\udfff', '\ufffd'];
    for (const key of keys) await test.set(key, test.entry(key));
    for (const key of keys) await test.holds(key, key);
  });

  it('replaces an entry', async (test) => {
    await test.set('key', test.entry('old', { tags: ['a'] }));
    assert.ok(await test.set('key', test.entry('new')));
    await test.holds('key', 'new');
  });

  it('takes and gives many entries at once', async (test) => {
    const keys = Array.from({ length: MANY }, (_, index) => `key:${index}`);
    const entries = keys.map((key) => [key, test.entry(key)] as const);
    assert.deepStrictEqual(await test.one.setMany(entries, 'call'), []);
    const found = await test.other.getMany(keys);
    assert.deepStrictEqual(
      found.map((entry) => entry?.data),
      keys,
    );
    await test.later();
    await test.one.invalidate({ keys: keys.slice(1) });
    assert.strictEqual((await test.other.getMany(keys)).filter(Boolean).length, 1);
  });

  it('forgets an entry when its life is over', async (test) => {
    const now = test.clock.now();
    const [expiresAt, staleUntil] = [now + 10 * STEP_MS, now + 20 * STEP_MS];
    await test.set('key', test.entry(1, { expiresAt, staleUntil }));
    await test.later();
    await test.holds('key', 1);
    for (let step = 1; step < 20; step++) await test.later();
    await test.holds('key', undefined);
  });

  it('keeps an entry for ever whose life is Infinity', async (test) => {
    await test.set('key', test.entry(1, { expiresAt: Infinity, tags: ['a'] }));
    await test.clock.advance(365 * 86_400_000);
    await test.holds('key', 1);
  });

  it('writes no entry whose life is over', async (test) => {
    const over = test.clock.now() - 1;
    assert.ok(await test.set('key', test.entry(1, { expiresAt: over })));
    await test.holds('key', undefined);
  });

  it('tests itself and leaves nothing behind', async (test) => {
    await test.set('key', test.entry(1));
    assert.deepStrictEqual(await test.other.check(), { read: true, write: true });
    await test.holds('key', 1);
  });
}
