import { Logger } from '@nestjs/common';
import { FakeClock } from 'nestjs-mainstay/testing';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import {
  CacheConnectionLostError,
  CacheEncodeError,
  CacheTierUnavailableError,
} from '../cache.errors.js';
import type { Invalidation } from '../invalidation.js';
import { Invalidations } from '../invalidations.js';
import type { CacheEntry, KeyedEntry, StoreCheck } from '../stores/cache-store.js';
import { MemoryStore } from '../stores/memory-store.js';
import { toCachedValue } from '../values/cached-value.js';
import type { SharedLink, SharedLinkListener, SharedStore, WriteKind } from './shared-store.js';
import { TieredStore } from './tiered-store.js';

const UNENCODABLE = 'what the codec refuses';

/** A shared store whose answers a test gives, in any order or never. */
class StagedStore implements SharedStore {
  readonly entries = new Map<string, CacheEntry>();
  readonly log: string[] = [];
  /** Keys under which there is something newer than what comes. */
  readonly newer = new Set<string>();
  isHung = false;
  refusesValues = false;
  error: Error | undefined;
  readonly #open: (() => void)[] = [];

  get waiting(): number {
    return this.#open.length;
  }

  /** Answers what is waiting, in order. */
  answer(count = Infinity): void {
    for (const answer of this.#open.splice(0, count)) answer();
  }

  async getMany(keys: readonly string[]): Promise<readonly (CacheEntry | undefined)[]> {
    const entries = keys.map((key) => this.entries.get(key));
    return this.#reply(`get ${keys.length > 5 ? keys.length : keys.join()}`, () => entries);
  }

  setMany(entries: readonly KeyedEntry[], kind: WriteKind): Promise<readonly string[]> {
    if (entries.some(([, { data }]) => data === UNENCODABLE)) {
      throw new CacheEncodeError(undefined, new Error('no'));
    }
    return this.#reply(`${kind} ${entries.map(([key]) => key).join()}`, () => {
      if (this.refusesValues) throw new Error('OOM');
      const taken = entries.filter(([key]) => !this.newer.has(key));
      for (const [key, entry] of taken) this.entries.set(key, entry);
      return entries.map(([key]) => key).filter((key) => this.newer.has(key));
    });
  }

  async invalidate(what: Invalidation, calledAt?: readonly number[]): Promise<void> {
    const since = calledAt ? ` as of ${calledAt.length > 5 ? 'then' : calledAt.join()}` : '';
    return this.#reply(`${lineOf(what)}${since}`, () => {
      if (what === 'everything') this.entries.clear();
      else if ('keys' in what) for (const key of what.keys) this.entries.delete(key);
    });
  }

  async check(): Promise<StoreCheck> {
    return { read: true, write: true };
  }

  async #reply<T>(line: string, work: () => T): Promise<T> {
    this.log.push(line);
    if (this.isHung) await new Promise<void>((resolve) => this.#open.push(resolve));
    if (this.error) throw this.error;
    return work();
  }
}

function lineOf(what: Invalidation): string {
  if (what === 'everything') return 'clear';
  const [[kind, names]] = Object.entries(what) as [[string, readonly string[]]];
  return `${kind} ${names.length > 5 ? names.length : names.join()}`;
}

class StagedLink implements SharedLink {
  isUp = true;
  /** Copies are not trusted unless a test says so. */
  trustedUntil = -Infinity;
  listener: SharedLinkListener | undefined;
  readonly #clock: FakeClock;
  #silentSince: number | undefined;

  constructor(clock: FakeClock) {
    this.#clock = clock;
  }

  get silentSince(): number {
    return this.#silentSince ?? this.#clock.now();
  }

  listen(listener: SharedLinkListener): void {
    this.listener = listener;
  }

  lose(): void {
    this.isUp = false;
    this.#silentSince = this.#clock.now();
  }

  comeBack(): void {
    this.isUp = true;
    this.#silentSince = undefined;
    this.listener?.opened();
  }
}

let clock: FakeClock;
let shared: StagedStore;
let link: StagedLink;
let invalidations: Invalidations;
let store: TieredStore;
let invalidated: Invalidation[];

beforeEach(() => {
  clock = new FakeClock();
  shared = new StagedStore();
  link = new StagedLink(clock);
  invalidations = new Invalidations();
  const memory = new MemoryStore(clock, 100);
  const options = { name: 'cache', clock, memory, shared, link, invalidations };
  invalidated = [];
  const onInvalidated = (what: Invalidation): void => void invalidated.push(what);
  store = new TieredStore({ ...options, onInvalidated, maxWriteAgeMs: 60_000 });
});

function entryOf(value: unknown, tags?: readonly string[]): CacheEntry {
  const createdAt = clock.now();
  const order = invalidations.next();
  const forEver = { expiresAt: Infinity, staleUntil: Infinity };
  return { ...toCachedValue(value), createdAt, asOf: createdAt, ...forEver, order, tags };
}

/** What a call came to, and when. */
function outcomeOf(call: unknown): { readonly text: string } {
  const outcome = { text: 'pending' };
  Promise.resolve(call).then(
    (value) =>
      (outcome.text = `${JSON.stringify((value as CacheEntry | undefined)?.data)} at ${clock.now()}`),
    (error: { code: string }) => (outcome.text = `${error.code} at ${clock.now()}`),
  );
  return outcome;
}

describe('cache rule 1: the deadlines of the shared tier', () => {
  beforeEach(async () => {
    await store.set('known', entryOf(1));
    shared.isHung = true;
  });

  it.each<[string, number, () => unknown]>([
    ['a read of what there is a copy of', 50, () => store.get('known')],
    ['a read that a factory follows', 50, () => store.get('unknown', { hasAlternative: true })],
    ['a read of several with copies of all', 50, () => store.getMany(['known'])],
    ['storing what was loaded', 50, () => store.setLoaded([['loaded', entryOf(1)]])],
    ['a read of what nothing is known of', 500, () => store.get('unknown')],
    ['a read of several, one without a copy', 500, () => store.getMany(['known', 'unknown'])],
    ['a write', 500, () => store.set('known', entryOf(2))],
    ['a delete', 500, () => store.delete('known')],
    ['a clear', 500, () => store.clear()],
    ['an invalidation', 500, () => store.invalidateTags(['tag'])],
  ])('%s has %i ms', async (_name, ms, call) => {
    const outcome = outcomeOf(call());
    await clock.advance(ms - 1);
    expect(outcome.text).toBe('pending');
    await clock.advance(1);
    expect(outcome.text).toBe(`CACHE_TIMEOUT at ${ms}`);
    expect(clock.pending.foreground).toBe(0);
  });

  it('a copy that was invalidated is no alternative to waiting', async () => {
    shared.isHung = false;
    await store.set('tagged', entryOf(1, ['tag']));
    shared.isHung = true;
    invalidations.invalidate(['tag']);
    const outcomes = [store.get('tagged'), store.getMany(['tagged'])].map(outcomeOf);
    await clock.advance(500);
    expect(outcomes.map(({ text }) => text)).toEqual(Array(2).fill('CACHE_TIMEOUT at 500'));
  });

  it('nothing waits while it is away', async () => {
    link.lose();
    const calls = [store.get('known'), store.set('a', entryOf(1)), store.clear()].map(outcomeOf);
    await clock.settle();
    const away = 'CACHE_TIER_UNAVAILABLE at 0';
    expect(calls.map(({ text }) => text)).toEqual([away, away, away]);
    expect(shared.waiting).toBe(0);
  });
});

describe('cache rule 5: calls that wait', () => {
  it('are at most 1,000, also when nobody waits for them any more; the next is refused at once', async () => {
    shared.isHung = true;
    const waiting = Array.from({ length: 1_000 }, (_, index) => outcomeOf(store.get(`${index}`)));
    const refused = [store.get('more'), store.delete('more')].map(outcomeOf);
    await clock.settle();
    expect(refused.map(({ text }) => text)).toEqual(Array(2).fill('CACHE_OVERLOADED at 0'));
    await clock.advance(500);
    expect(new Set(waiting.map(({ text }) => text))).toEqual(new Set(['CACHE_TIMEOUT at 500']));
    await expect(Promise.resolve(store.get('more'))).rejects.toMatchObject({
      code: 'CACHE_OVERLOADED',
    });
    shared.isHung = false;
    shared.answer();
    await clock.settle();
    expect(await store.get('again')).toBeUndefined();
  });

  it('of several keys are one', async () => {
    const keys = Array.from({ length: 5_000 }, (_, index) => `${index}`);
    await store.setMany(keys.map((key) => [key, entryOf(key)]));
    const found = await store.getMany(keys);
    expect(found.map((entry) => entry?.data)).toEqual(keys);
  });

  it('the journal of refused deletes is bounded too, by clearing everything', async () => {
    link.lose();
    for (let index = 0; index <= 10_000; index++)
      await store.delete(`${index}`).catch(() => undefined);
    expect(store.queued).toBe(1);
    link.comeBack();
    await clock.advance(250);
    expect(shared.log).toEqual(['clear as of 0']);
    expect(store.queued).toBe(0);
  });
});

describe('cache rule 13: copies', () => {
  it('answer for 30 s of silence, and no longer', async () => {
    await store.set('key', entryOf('old'));
    await clock.advance(100_000);
    link.lose();
    await clock.advance(30_000);
    expect(store.getStale('key')?.data).toBe('old');
    await clock.advance(1);
    expect(store.getStale('key')).toBeUndefined();
  });

  it('answer for 30 s of refusals, and no longer', async () => {
    await store.set('key', entryOf('old'));
    shared.error = new Error('MASTERDOWN');
    await expect(Promise.resolve(store.get('key'))).rejects.toThrow('MASTERDOWN');
    await clock.advance(30_000);
    await expect(store.getMany(['key'])).rejects.toThrow('MASTERDOWN');
    expect(store.getStale('key')?.data).toBe('old');
    await clock.advance(1);
    expect(store.getStale('key')).toBeUndefined();
    shared.error = undefined;
    await store.get('key');
    expect(store.getStale('key')?.data).toBe('old');
  });

  it('that were made during the silence answer for 30 s of their own', async () => {
    link.lose();
    await clock.advance(60_000);
    await expect(store.setLoaded([['key', entryOf('new')]])).rejects.toBeInstanceOf(
      CacheTierUnavailableError,
    );
    await clock.advance(30_000);
    expect(store.getStale('key')?.data).toBe('new');
    await clock.advance(1);
    expect(store.getStale('key')).toBeUndefined();
  });

  it('go when the shared tier has nothing any more', async () => {
    await store.set('key', entryOf(1));
    shared.entries.clear();
    expect(await store.get('key')).toBeUndefined();
    expect(store.getStale('key')).toBeUndefined();
  });

  it('are not made of what was read before a write or a delete', async () => {
    await store.set('key', entryOf('old'));
    shared.isHung = true;
    const reads = [store.get('key'), store.getMany(['key'])];
    await clock.settle();
    shared.isHung = false;
    await store.delete('key');
    shared.answer();
    await Promise.all(reads.map((read) => Promise.resolve<unknown>(read)));
    expect(store.getStale('key')).toBeUndefined();
  });

  it('are not made of what was read before a clear', async () => {
    await store.set('key', entryOf('old'));
    shared.isHung = true;
    const read = store.get('key');
    await clock.settle();
    shared.isHung = false;
    await store.clear();
    shared.answer();
    await read;
    expect(store.getStale('key')).toBeUndefined();
  });

  it('are made of the newest answer, also when an older one comes later', async () => {
    await store.set('key', entryOf('old'));
    shared.isHung = true;
    const first = store.get('key');
    await clock.settle();
    shared.entries.set('key', entryOf('new'));
    // Told of it, nobody joins the read that began before.
    link.listener?.invalidated({ keys: ['key'] });
    shared.isHung = false;
    expect((await store.get('key'))?.data).toBe('new');
    shared.answer();
    expect((await first)?.data).toBe('old');
    expect(store.getStale('key')?.data).toBe('new');
  });

  it('are made of answers that come too late for their caller', async () => {
    shared.entries.set('key', entryOf('late'));
    shared.isHung = true;
    const read = outcomeOf(store.get('key', { hasAlternative: true }));
    await clock.advance(50);
    expect(read.text).toBe('CACHE_TIMEOUT at 50');
    shared.answer();
    await clock.settle();
    expect(store.getStale('key')?.data).toBe('late');
  });

  it('carry the order of this process, so that its invalidations hit them', async () => {
    shared.entries.set('key', { ...entryOf(1, ['tag']), order: 1_000_000 });
    const read = (await store.get('key')) as CacheEntry;
    invalidations.invalidate(['tag']);
    expect(invalidations.isValid(read.order, read.tags)).toBe(false);
    expect(store.getStale('key')).toBeUndefined();
  });
});

function fill(): Promise<unknown> {
  const entries = Array.from({ length: 100 }, (_, index) => [`${index}`, entryOf(index)] as const);
  return store.setLoaded(entries).catch(() => undefined);
}

describe('cache rule 9: what other instances invalidate', () => {
  const trusted = (key: string): unknown => (store.get(key) as CacheEntry | undefined)?.data;

  beforeEach(async () => {
    link.trustedUntil = Infinity;
    await store.setMany([
      ['a', { ...entryOf(1), expiresAt: 60_000 }],
      ['b', entryOf(2, ['tag'])],
    ]);
    shared.log.length = 0;
  });

  it('copies answer at once, without a question, while nothing is missed', () => {
    expect([trusted('a'), trusted('b')]).toEqual([1, 2]);
    expect(shared.log).toEqual([]);
  });

  it.each<[Invalidation, readonly unknown[]]>([
    [{ keys: ['a'] }, [false, true]],
    [{ expired: ['a'] }, [false, true]],
    [{ tags: ['tag'] }, [true, false]],
    ['everything', [false, false]],
  ])('%j is no copy any more, and is told to who loads', (what, isTrusted) => {
    link.listener?.invalidated(what);
    const found = ['a', 'b'].map((key) => !(store.get(key) instanceof Promise));
    expect(found).toEqual(isTrusted);
    expect(invalidated).toEqual([what]);
  });

  it('what has expired may still answer as a stale value', () => {
    link.listener?.invalidated({ expired: ['a'] });
    expect(store.getStale('a')).toMatchObject({ data: 1, expiresAt: clock.now() });
  });

  it('cache rule 12: copies are asked for again when something may have been missed', async () => {
    link.listener?.missed();
    shared.entries.set('a', entryOf('new'));
    expect((await store.get('a'))?.data).toBe('new');
    expect(shared.log).toEqual(['get a']);
    expect(trusted('a')).toBe('new');
  });

  it('cache rule 12: and when the trust has run out', async () => {
    link.trustedUntil = clock.now() + 2_500;
    await clock.advance(2_499);
    expect(trusted('a')).toBe(1);
    await clock.advance(1);
    expect(store.get('a')).toBeInstanceOf(Promise);
  });

  it('cache rule 8: what was refused as older than what is there is no copy', async () => {
    shared.newer.add('c');
    await store.setLoaded([['c', entryOf('older')]]);
    expect(store.getStale('c')).toBeUndefined();
  });

  it('cache rule 10: a load that began before something was missed is suspect', async () => {
    const loaded = entryOf('loaded');
    link.listener?.missed();
    await store.setLoaded([['c', loaded]]);
    expect(store.get('c')).toBeInstanceOf(Promise);
  });
});

describe('reads of one turn', () => {
  it('cache rule 19: are one question, each key once', async () => {
    shared.entries.set('a', entryOf(1));
    const found = await Promise.all(['a', 'b', 'a'].map(async (key) => store.get(key)));
    expect(found.map((entry) => entry?.data)).toEqual([1, undefined, 1]);
    expect(shared.log).toEqual(['get a,b']);
  });

  it('share one timer for each deadline', async () => {
    shared.isHung = true;
    const reads = ['a', 'b', 'c'].map((key) => outcomeOf(store.get(key)));
    await clock.settle();
    expect(clock.pending.foreground).toBe(1);
    await clock.advance(500);
    expect(reads.map(({ text }) => text)).toEqual(Array(3).fill('CACHE_TIMEOUT at 500'));
  });
});

describe('cache rule 15: a read that is under way', () => {
  const read = (key: string): PromiseLike<unknown> =>
    Promise.resolve(store.get(key)).then((entry) => entry?.data);

  beforeEach(async () => {
    shared.entries.set('key', entryOf('old'));
    shared.isHung = true;
  });

  /** Lets the shared tier answer what waits, and what comes. */
  function answer(): void {
    shared.isHung = false;
    shared.answer();
  }

  it('is joined by all who ask for the key, one by one or together', async () => {
    const reads: PromiseLike<unknown>[] = [];
    for (let turn = 0; turn < 10; turn++) {
      reads.push(read('key'));
      await clock.settle();
    }
    const several = store.getMany(['key', 'other', 'key']);
    await clock.settle();
    answer();
    expect(await Promise.all(reads)).toEqual(Array(10).fill('old'));
    expect((await several).map((entry) => entry?.data)).toEqual(['old', undefined, 'old']);
    expect(shared.log).toEqual(['get key', 'get other']);
  });

  it('of several keys is joined too', async () => {
    const several = store.getMany(['other', 'key']);
    const one = read('key');
    await clock.settle();
    answer();
    expect(await one).toBe('old');
    await several;
    expect(shared.log).toEqual(['get other,key']);
  });

  it('leaves everyone who has joined it the time of his own', async () => {
    const first = outcomeOf(store.get('key', { hasAlternative: true }));
    await clock.advance(40);
    const second = outcomeOf(store.get('key', { hasAlternative: true }));
    const patient = outcomeOf(store.get('key'));
    await clock.advance(60);
    expect([first.text, second.text]).toEqual(['CACHE_TIMEOUT at 50', 'CACHE_TIMEOUT at 90']);
    answer();
    await clock.settle();
    expect(patient.text).toBe('"old" at 100');
    expect(shared.log).toEqual(['get key']);
  });

  it('fails for all who have joined it, and for nobody after', async () => {
    const reads = [outcomeOf(store.get('key'))];
    await clock.settle();
    reads.push(outcomeOf(store.get('key')));
    await clock.settle();
    shared.error = new CacheTierUnavailableError('cache');
    answer();
    await clock.settle();
    expect(reads.map(({ text }) => text)).toEqual(Array(2).fill('CACHE_TIER_UNAVAILABLE at 0'));
    shared.error = undefined;
    expect(await read('key')).toBe('old');
  });

  it.each<[string, () => unknown]>([
    ['a delete of its own', () => store.delete('key')],
    ['a write of its own', () => store.set('key', entryOf('new'))],
    ['an expiry of its own', () => store.expire('key')],
    ['a clear of its own', () => store.clear()],
    ['an invalidation of a tag', () => invalidations.invalidate(['tag'])],
    ['a delete of another instance', () => link.listener?.invalidated({ keys: ['key'] })],
    ['a clear of another instance', () => link.listener?.invalidated('everything')],
    ['a tag of another instance', () => link.listener?.invalidated({ tags: ['tag'] })],
  ])('is not joined after %s', async (_name, happens) => {
    const before = read('key');
    await clock.settle();
    shared.isHung = false;
    await happens();
    shared.entries.set('key', entryOf('new'));
    shared.log.length = 0;
    expect(await read('key')).toBe('new');
    expect(shared.log).toEqual(['get key']);
    shared.answer();
    await before;
  });

  it('is not joined after a delete was made up for that it may not know of', async () => {
    const deleted = outcomeOf(store.delete('key'));
    const before = read('key');
    await clock.settle();
    shared.error = new Error('refused');
    shared.answer(1);
    await clock.settle();
    shared.error = undefined;
    shared.isHung = false;
    await clock.advance(250);
    expect([deleted.text, store.queued]).toEqual(['undefined at 0', 0]);
    expect(await read('key')).toBeUndefined();
    shared.answer();
    await before;
    expect(store.getStale('key')).toBeUndefined();
  });
});

describe('cache rule 11: writes that the shared tier did not acknowledge', () => {
  const away = { code: 'CACHE_TIER_UNAVAILABLE' };

  it('are hidden until they are told, within 250 ms of its return', async () => {
    await store.set('deleted', entryOf('old'));
    await store.set('written', entryOf('old'));
    await store.set('tagged', entryOf('old', ['tag']));
    link.lose();
    await expect(store.delete('deleted')).rejects.toMatchObject(away);
    await clock.advance(7);
    await expect(store.set('written', entryOf('new'))).rejects.toMatchObject(away);
    await expect(store.invalidateTags(['tag'])).rejects.toMatchObject(away);
    expect(store.queued).toBe(3);
    link.comeBack();
    for (const key of ['deleted', 'tagged']) expect(await store.get(key)).toBeUndefined();
    const keys = ['deleted', 'written', 'tagged'];
    const found = await store.getMany(keys);
    expect(found.map((entry) => entry?.data)).toEqual([undefined, 'new', undefined]);
    shared.log.length = 0;
    await clock.advance(250);
    expect(shared.log).toEqual(['tags tag as of 7', 'keys deleted as of 0', 'replay written']);
    expect(store.queued).toBe(0);
    expect((await store.get('written'))?.data).toBe('new');
  });

  it('are copies, and no more, until they are acknowledged', async () => {
    link.lose();
    await store.set('key', entryOf('new')).catch(() => undefined);
    link.comeBack();
    link.trustedUntil = Infinity;
    await expect(Promise.resolve(store.get('key'))).rejects.toMatchObject(away);
    expect(store.getStale('key')?.data).toBe('new');
    await clock.advance(250);
    expect((await store.get('key'))?.data).toBe('new');
  });

  it.each<[string, () => Promise<unknown>]>([
    ['the copy made room for others', () => fill()],
    ['what has invalidated them may be forgotten', () => clock.advance(60_001)],
  ])('are told as invalidations when %s', async (_name, happen) => {
    link.lose();
    await store.set('key', entryOf('new')).catch(() => undefined);
    await happen();
    link.comeBack();
    await clock.advance(250);
    expect(shared.log).toEqual(['keys key as of 0']);
  });

  it('are read alike one by one and together', async () => {
    await store.set('there', entryOf('there'));
    shared.entries.set('deleted', entryOf('deleted'));
    link.lose();
    await store.set('written', entryOf('new')).catch(() => undefined);
    await store.delete('deleted').catch(() => undefined);
    link.comeBack();
    shared.log.length = 0;
    const keys = ['written', 'there', 'deleted', 'written'];
    const found = await store.getMany(keys);
    expect(found.map((entry) => entry?.data)).toEqual(['new', 'there', undefined, 'new']);
    expect(shared.log).toEqual(['get there']);
    expect((await store.getMany(['deleted', 'written'])).map((entry) => entry?.data)).toEqual([
      undefined,
      'new',
    ]);
    // What is nothing but copies is told as what it is.
    await expect(store.getMany(['written'])).rejects.toMatchObject(away);
    await clock.advance(250);
    const told = await store.getMany(keys);
    expect(told.map((entry) => entry?.data)).toEqual(['new', 'there', undefined, 'new']);
  });

  it('give way to what is newer there, and so do their copies', async () => {
    link.lose();
    await store.set('key', entryOf('mine')).catch(() => undefined);
    shared.entries.set('key', entryOf('newer'));
    shared.newer.add('key');
    link.comeBack();
    await clock.advance(250);
    expect(store.getStale('key')).toBeUndefined();
    expect((await store.get('key'))?.data).toBe('newer');
  });

  it('do not leave an old value where the tier takes no new one', async () => {
    link.lose();
    await store.set('key', entryOf('new')).catch(() => undefined);
    link.comeBack();
    shared.refusesValues = true;
    await clock.advance(250);
    expect(shared.log).toEqual(['replay key', 'keys key as of 0']);
    expect(store.queued).toBe(0);
    expect(store.getStale('key')).toBeUndefined();
  });

  it('are not sent where something newer was', async () => {
    link.lose();
    await store.delete('key').catch(() => undefined);
    link.comeBack();
    await store.set('key', entryOf('new'));
    await clock.advance(250);
    expect(shared.log).toEqual(['call key']);
    expect((await store.get('key'))?.data).toBe('new');
  });

  it('are queued too when their fate is unknown, and not when they land late', async () => {
    shared.isHung = true;
    const written = outcomeOf(store.set('key', entryOf(1)));
    await clock.advance(500);
    expect(written.text).toBe('CACHE_TIMEOUT at 500');
    shared.error = Object.assign(new Error('gone'), { code: 'ECONNRESET' });
    shared.answer();
    await clock.settle();
    expect(store.queued).toBe(1);
    shared.error = undefined;
    shared.isHung = false;
    await clock.advance(250);
    expect(store.queued).toBe(0);
    expect(shared.log.at(-1)).toBe('replay key');
  });

  it('that were loaded need no making up: nothing is replaced by them', async () => {
    link.lose();
    await expect(store.setLoaded([['key', entryOf(1)]])).rejects.toMatchObject(away);
    link.comeBack();
    shared.error = new Error('lost on the way');
    await expect(store.setLoaded([['key', entryOf(1)]])).rejects.toThrow('lost on the way');
    expect(store.queued).toBe(0);
  });

  it('are tried again every second while they are refused', async () => {
    shared.error = new Error('MISCONF');
    await expect(store.delete('key')).rejects.toThrow('MISCONF');
    await clock.advance(250);
    await clock.advance(2_000);
    const again = 'keys key as of 600';
    expect(shared.log).toEqual(['keys key', again, again, again]);
    shared.error = undefined;
    await clock.advance(1_000);
    expect(store.queued).toBe(0);
    await clock.advance(10_000);
    expect(shared.log).toHaveLength(5);
    expect(clock.pending.all).toBe(0);
  });

  it('say in the log that they are refused: five times, then once a minute', async () => {
    const warn = vi.spyOn(Logger.prototype, 'warn').mockImplementation(() => {});
    shared.error = new Error('MISCONF redis://u:hunter2@cache cannot persist');
    await expect(store.delete('key')).rejects.toThrow('MISCONF');
    await clock.advance(60_250);
    expect(warn.mock.calls.map(([line]) => line)).toEqual(
      Array(5).fill(
        'cache: the shared tier refuses what it has missed (1 queued): MISCONF redis://***@cache cannot persist. These keys count as missing; trying again every second.',
      ),
    );
    await clock.advance(5_000);
    expect(warn).toHaveBeenCalledTimes(6);
    expect(warn).toHaveBeenLastCalledWith(expect.stringContaining('59 more like it since'));
    warn.mockRestore();
  });

  it('say nothing where the connection was lost, which is told elsewhere', async () => {
    const warn = vi.spyOn(Logger.prototype, 'warn').mockImplementation(() => {});
    link.lose();
    await store.delete('key').catch(() => undefined);
    link.comeBack();
    shared.isHung = true;
    await clock.advance(250);
    link.lose();
    shared.error = new Error('lost');
    shared.answer();
    await clock.advance(5_000);
    expect(warn).not.toHaveBeenCalled();
    warn.mockRestore();
  });

  it.each<[string, () => Promise<unknown>]>([
    ['was settled', () => store.flush(1_000)],
    ['gave way to a write', () => store.set('key', entryOf('new'))],
    ['gave way to a deletion', () => store.delete('key')],
  ])('stay hidden from a read of several that began before the journal %s', async (_name, end) => {
    await store.set('key', entryOf('deleted'));
    link.lose();
    await store.delete('key').catch(() => undefined);
    link.comeBack();
    shared.isHung = true;
    const read = store.getMany(['key']);
    shared.isHung = false;
    await end();
    shared.answer();
    expect(await read).toEqual([undefined]);
    expect(store.getStale('key')?.data).not.toBe('deleted');
  });

  it('stay hidden by their tags from reads that began before the journal was settled', async () => {
    await store.set('key', entryOf('invalidated', ['tag']));
    link.lose();
    await store.invalidateTags(['tag']).catch(() => undefined);
    link.comeBack();
    shared.isHung = true;
    const read = store.get('key');
    await clock.settle();
    shared.isHung = false;
    await store.flush(1_000);
    shared.answer();
    const found = (await read) as CacheEntry;
    expect(invalidations.isValid(found.order, found.tags)).toBe(false);
  });

  it('are sent in batches', async () => {
    link.lose();
    const keys = Array.from({ length: 1_200 }, (_, index) => `${index}`);
    await store.deleteMany(keys).catch(() => undefined);
    link.comeBack();
    await clock.advance(250);
    const sizes = ['keys 500', 'keys 500', 'keys 200'];
    expect(shared.log).toEqual(sizes.map((line) => `${line} as of then`));
  });

  it('cache rule 7: are sent when the cache is closed, for as long as there is time', async () => {
    shared.error = new Error('refused');
    await store.delete('key').catch(() => undefined);
    shared.error = undefined;
    expect(await store.flush(1_000)).toBe(true);
    await store.delete('other').catch(() => undefined);
    shared.isHung = true;
    shared.error = new Error('refused');
    const written = store.delete('other').catch(() => undefined);
    shared.answer();
    await written;
    const flushed = store.flush(1_000);
    await clock.advance(1_000);
    expect(await flushed).toBe(false);
  });
});

describe('cache rule 18: TieredStore with a value that the codec refuses', () => {
  const refused = { code: 'CACHE_ENCODE_FAILED' };

  it('throws, and has neither a copy of it nor anything queued', async () => {
    await expect(store.set('key', entryOf(UNENCODABLE))).rejects.toMatchObject(refused);
    await expect(store.setLoaded([['key', entryOf(UNENCODABLE)]])).rejects.toMatchObject(refused);
    expect(store.getStale('key')).toBeUndefined();
    expect(store.queued).toBe(0);
    expect(shared.log).toEqual([]);
  });

  it('does not forget what is queued for the key', async () => {
    link.lose();
    await expect(store.delete('key')).rejects.toThrow();
    link.isUp = true;
    await expect(store.set('key', entryOf(UNENCODABLE))).rejects.toMatchObject(refused);
    expect(store.queued).toBe(1);
  });

  it('invalidates the key in its place where it was set during an outage', async () => {
    shared.entries.set('key', entryOf('old'));
    link.lose();
    await expect(store.set('key', entryOf(UNENCODABLE))).rejects.toThrow();
    link.comeBack();
    await clock.advance(250);
    expect(shared.entries.has('key')).toBe(false);
    expect(store.queued).toBe(0);
  });
});

describe('cache rule 13: a value that is given out at once', () => {
  const getFresh = (): unknown => store.getFresh('key', clock.now());

  beforeEach(async () => {
    link.trustedUntil = Infinity;
    await store.set('key', entryOf('value', ['tag']));
  });

  it('is that of a copy which is trusted', () => {
    expect(getFresh()).toBe('value');
  });

  it.each<[string, () => unknown]>([
    ['while messages may have been missed', () => (link.trustedUntil = clock.now())],
    ['of what is suspect', () => link.listener?.missed()],
    [
      'of what another instance has invalidated',
      () => link.listener?.invalidated({ keys: ['key'] }),
    ],
    ['with a tag that was invalidated', () => invalidations.invalidate(['tag'])],
    ['after everything was invalidated', () => invalidations.clear()],
  ])('is none %s', (_when, happen) => {
    happen();
    expect(getFresh()).toBeUndefined();
  });

  it('is none past its TTL', async () => {
    await store.set('key', { ...entryOf('value'), expiresAt: 100, staleUntil: 200 });
    await clock.advance(99);
    expect(getFresh()).toBe('value');
    await clock.advance(1);
    expect(getFresh()).toBeUndefined();
  });

  it('is none while writes are queued', async () => {
    shared.error = new Error('away');
    await expect(store.set('other', entryOf(1))).rejects.toThrow('away');
    expect(getFresh()).toBeUndefined();
  });
});

describe('cache rule 5: a value that is too large for the memory of the process', () => {
  beforeEach(() => {
    link.trustedUntil = Infinity;
    const memory = new MemoryStore(clock, 100, 1_000);
    store = new TieredStore({
      name: 'cache',
      clock,
      memory,
      shared,
      link,
      invalidations,
      maxWriteAgeMs: 60_000,
    });
  });

  it('is written to the shared tier, read from there, and no copy is kept', async () => {
    await store.set('key', entryOf('old'));
    await store.set('key', entryOf('x'.repeat(2_000)));
    expect(store.size).toBe(0);
    expect((await store.get('key'))?.data).toBe('x'.repeat(2_000));
    expect(shared.log).toEqual(['call key', 'call key', 'get key']);
    expect(store.size).toBe(0);
  });

  it('becomes a delete where the shared tier did not acknowledge it', async () => {
    link.lose();
    await expect(store.set('key', entryOf('x'.repeat(2_000)))).rejects.toThrow();
    link.comeBack();
    await clock.advance(250);
    expect(shared.log).toEqual([expect.stringMatching(/^keys key/)]);
  });
});

describe('cache rule 13: what is made up for by an invalidation', () => {
  beforeEach(async () => {
    vi.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    link.trustedUntil = Infinity;
    shared.error = new Error('MISCONF');
  });

  it('leaves no copy that is trusted, where too much was queued', async () => {
    const entries = Array.from({ length: 10_001 }, (_, index) => [`${index}`, entryOf(1)] as const);
    await Promise.allSettled([store.setMany(entries)]);
    shared.error = undefined;
    await clock.advance(1_500);
    expect(shared.log.at(-1)).toMatch(/^clear as of/);
    expect(await store.get('10000')).toBeUndefined();
  });

  it('leaves no copy of a write that is too old to be told', async () => {
    await Promise.allSettled([store.set('key', entryOf('old'))]);
    await clock.advance(60_001);
    shared.error = undefined;
    await clock.advance(1_500);
    expect(shared.log.at(-1)).toMatch(/^keys key as of/);
    expect(await store.get('key')).toBeUndefined();
  });
});

describe('cache rule 11: a value that ends the connection over which it is told', () => {
  it('is told once, and then invalidated', async () => {
    link.lose();
    await Promise.allSettled([store.set('key', entryOf('too much'))]);
    shared.isHung = true;
    link.comeBack();
    await clock.advance(250);
    expect(shared.log).toEqual(['replay key']);
    link.lose();
    shared.error = new Error('the connection was lost');
    shared.answer();
    await clock.settle();
    Object.assign(shared, { isHung: false, error: undefined });
    link.comeBack();
    await clock.advance(250);
    expect(shared.log).toEqual(['replay key', 'keys key as of 0']);
    expect(store.queued).toBe(0);
  });
});

describe('cache rule 10: a write of which it is not known whether it arrived', () => {
  const lost = new CacheConnectionLostError('cache', new Error('reset'));

  async function lose(value: string, tags?: readonly string[]): Promise<void> {
    shared.error = lost;
    await expect(store.set('key', entryOf(value, tags))).rejects.toBe(lost);
    shared.error = undefined;
    link.lose();
    shared.log.length = 0;
    await clock.advance(50);
  }

  async function told(): Promise<readonly string[]> {
    link.comeBack();
    await clock.advance(250);
    expect(store.queued).toBe(0);
    return shared.log;
  }

  it('is told again as what it is', async () => {
    await lose('value');
    expect(await told()).toEqual(['replay key']);
  });

  it('is undone by a delete after it, as of when it may still have been executed', async () => {
    await lose('value');
    await Promise.allSettled([store.delete('key')]);
    expect(await told()).toEqual(['keys key as of 600']);
  });

  it('is undone by an invalidation of its tag after it', async () => {
    await lose('value', ['tag']);
    invalidations.invalidate(['tag']);
    await Promise.allSettled([store.invalidateTags(['tag'])]);
    expect(await told()).toEqual(['tags tag as of 50', 'keys key as of 600']);
  });

  it('is undone by a clear after it', async () => {
    await lose('value');
    await Promise.allSettled([store.clear()]);
    expect(await told()).toEqual(['clear as of 600']);
  });

  it('does not stay where a value was written after it: neither does, if it has arrived later', async () => {
    await lose('value');
    await Promise.allSettled([store.set('key', entryOf('newer'))]);
    shared.newer.add('key');
    expect(await told()).toEqual(['replay key', 'keys key as of 600']);
    expect(store.getStale('key')).toBeUndefined();
  });

  it('leaves what others have written since, where nothing was written after it here', async () => {
    await lose('value');
    shared.newer.add('key');
    expect(await told()).toEqual(['replay key']);
  });

  it('does not stay where another one before it was lost too, and has arrived', async () => {
    Object.assign(shared, { isHung: true, error: lost });
    const first = store.set('key', entryOf('arrives late'));
    await clock.advance(50);
    const second = store.set('key', entryOf('does not arrive'));
    await clock.settle();
    shared.answer();
    await Promise.allSettled([first, second]);
    Object.assign(shared, { isHung: false, error: undefined });
    link.lose();
    shared.log.length = 0;
    shared.newer.add('key');
    expect(await told()).toEqual(['replay key', 'keys key as of 650']);
  });

  it('is undone by what was refused behind it, when it may have been executed since', async () => {
    shared.error = new Error('NOSCRIPT');
    await Promise.allSettled([store.invalidateTags(['tag'])]);
    shared.error = undefined;
    shared.log.length = 0;
    await clock.advance(250);
    expect(shared.log).toEqual(['tags tag as of 600']);
  });

  it('is nothing to undo where it was never sent', async () => {
    link.lose();
    await Promise.allSettled([store.set('key', entryOf('value'))]);
    await Promise.allSettled([store.delete('key')]);
    expect(await told()).toEqual(['keys key as of 0']);
  });
});
