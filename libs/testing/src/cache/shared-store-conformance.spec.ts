import type {
  CacheEntry,
  Invalidation,
  KeyedEntry,
  LoadLock,
  SharedStore,
  StoreCheck,
  WriteKind,
} from 'nestjs-mainstay/cache';
import { describeSharedStore, type SharedStoreSubject } from 'nestjs-mainstay/testing/cache';
import { describe, expect, it } from 'vitest';
import type { FakeClock } from '../fake-clock.js';

/** What stands under a key: an entry, or what is left of one that was deleted. */
interface Stored {
  readonly version: number;
  /** Where it differs: by which it is judged whether it was cleared or invalidated by a tag. */
  readonly own?: number;
  readonly entry: CacheEntry | undefined;
}

/** What instances share. */
class Shelf {
  readonly entries = new Map<string, Stored>();
  readonly tags = new Map<string, number>();
  readonly locks = new Map<string, { readonly endsAt: number }>();
  clearedAt = -1;
  last = 0;
}

/** A shared store that is right: everything is done in one turn of the event loop. */
class RightStore implements SharedStore {
  constructor(
    readonly shelf: Shelf,
    readonly clock: FakeClock,
  ) {}

  async getMany(keys: readonly string[]): Promise<readonly (CacheEntry | undefined)[]> {
    return keys.map((key) => this.find(key));
  }

  async setMany(entries: readonly KeyedEntry[], kind: WriteKind): Promise<readonly string[]> {
    return entries.filter(([key, entry]) => !this.set(key, entry, kind)).map(([key]) => key);
  }

  async invalidate(what: Invalidation, calledAt?: readonly number[]): Promise<void> {
    const { shelf } = this;
    if (what === 'everything') {
      shelf.clearedAt = Math.max(shelf.clearedAt, this.versionAt(calledAt?.[0]));
      return;
    }
    if ('tags' in what) {
      for (const [index, tag] of what.tags.entries()) this.raiseTag(tag, calledAt?.[index]);
    } else if ('keys' in what) {
      for (const [index, key] of what.keys.entries()) this.delete(key, calledAt?.[index]);
    } else {
      for (const key of what.expired) this.expire(key);
    }
  }

  async lock(key: string, lifeMs: number): Promise<LoadLock | undefined> {
    const { locks } = this.shelf;
    const now = this.clock.now();
    if ((locks.get(key)?.endsAt ?? 0) > now) return undefined;
    const taken = { endsAt: now + lifeMs };
    locks.set(key, taken);
    return { release: async () => this.release(key, taken) };
  }

  async check(): Promise<StoreCheck> {
    return { read: true, write: true };
  }

  protected release(key: string, taken: object): void {
    if (this.shelf.locks.get(key) === taken) this.shelf.locks.delete(key);
  }

  protected find(key: string): CacheEntry | undefined {
    const found: Stored = this.shelf.entries.get(key) ?? { version: -1, entry: undefined };
    const { version, own = version, entry } = found;
    if (entry === undefined || entry.staleUntil <= this.clock.now()) return undefined;
    return this.newestInvalidation(entry) < own ? { ...entry } : undefined;
  }

  protected set(key: string, entry: CacheEntry, kind: WriteKind): boolean {
    const version = this.versionAt(kind === 'call' ? undefined : entry.asOf);
    if (!this.mayWrite(key, entry, version)) return false;
    this.shelf.entries.set(key, { version, entry });
    return true;
  }

  protected mayWrite(key: string, entry: CacheEntry, version: number): boolean {
    const stored = this.shelf.entries.get(key)?.version ?? -1;
    return Math.max(stored, this.newestInvalidation(entry)) < version;
  }

  protected newestInvalidation({ tags }: CacheEntry): number {
    const { clearedAt } = this.shelf;
    return Math.max(clearedAt, ...(tags ?? []).map((tag) => this.shelf.tags.get(tag) ?? -1));
  }

  protected raiseTag(tag: string, at: number | undefined): void {
    const version = Math.max(this.shelf.tags.get(tag) ?? -1, this.versionAt(at));
    this.shelf.tags.set(tag, version);
  }

  protected delete(key: string, at: number | undefined): void {
    const version = this.versionAt(at);
    if ((this.shelf.entries.get(key)?.version ?? -1) >= version) return;
    this.shelf.entries.set(key, { version, entry: undefined });
  }

  protected expire(key: string): void {
    const found = this.shelf.entries.get(key);
    if (found?.entry === undefined) return this.delete(key, undefined);
    const { version: own, entry } = found;
    const version = this.versionAt(undefined);
    const expired = { ...entry, expiresAt: this.clock.now() };
    this.shelf.entries.set(key, { version, own: found.own ?? own, entry: expired });
  }

  /** Of now, where no moment is given. */
  protected versionAt(at: number | undefined): number {
    if (at !== undefined) return at * 1_000;
    this.shelf.last = Math.max(this.clock.now() * 1_000, this.shelf.last + 1);
    return this.shelf.last;
  }
}

type StoreClass = new (shelf: Shelf, clock: FakeClock) => SharedStore;

/** Runs the suite with a runner of its own. @returns the names of the tests that failed */
async function failuresOf(
  Store: StoreClass,
  options: Pick<SharedStoreSubject, 'compareAndSet' | 'locks'> = {},
): Promise<string[]> {
  const tests: (readonly [name: string, test: () => Promise<void>])[] = [];
  const runner = {
    describe: (_name: string, body: () => void) => body(),
    it: (name: string, test: () => Promise<void>) => tests.push([name, test]),
  };
  const create: SharedStoreSubject['create'] = async (clock) => {
    const shelf = new Shelf();
    return [new Store(shelf, clock), new Store(shelf, clock)];
  };
  describeSharedStore(runner, { name: 'store', create, ...options });
  const failures: string[] = [];
  for (const [name, test] of tests) await test().catch(() => failures.push(name));
  return failures;
}

class Private extends RightStore {
  constructor(_shelf: Shelf, clock: FakeClock) {
    super(new Shelf(), clock);
  }
}

class Json extends RightStore {
  protected override set(key: string, entry: CacheEntry, kind: WriteKind): boolean {
    const text = JSON.stringify(entry.data, (_, part: unknown) =>
      typeof part === 'bigint' ? String(part) : part,
    );
    return super.set(key, { ...entry, data: JSON.parse(text) as unknown }, kind);
  }
}

class Unordered extends RightStore {
  override async getMany(keys: readonly string[]): Promise<readonly (CacheEntry | undefined)[]> {
    return super.getMany([...new Set(keys)]);
  }
}

class Immortal extends RightStore {
  protected override set(key: string, entry: CacheEntry, kind: WriteKind): boolean {
    return super.set(key, { ...entry, staleUntil: Infinity }, kind);
  }
}

class WithoutTombstones extends RightStore {
  protected override delete(key: string): void {
    this.shelf.entries.delete(key);
  }
}

class LastWriteWins extends RightStore {
  protected override mayWrite(): boolean {
    return true;
  }
}

class Untruthful extends RightStore {
  override async setMany(entries: readonly KeyedEntry[], kind: WriteKind): Promise<string[]> {
    await super.setMany(entries, kind);
    return [];
  }
}

class LateReplay extends RightStore {
  override invalidate(what: Invalidation): Promise<void> {
    return super.invalidate(what);
  }
}

class LowersTags extends RightStore {
  protected override raiseTag(tag: string, at: number | undefined): void {
    this.shelf.tags.set(tag, this.versionAt(at));
  }
}

class OneTag extends RightStore {
  protected override newestInvalidation({ tags, ...entry }: CacheEntry): number {
    return super.newestInvalidation({ ...entry, tags: tags?.slice(0, 1) });
  }
}

class Graceless extends RightStore {
  protected override expire(key: string): void {
    this.shelf.entries.delete(key);
  }
}

class Reviver extends RightStore {
  protected override expire(key: string): void {
    const version = this.versionAt(undefined);
    const entry = this.shelf.entries.get(key)?.entry;
    const expired = entry && { ...entry, expiresAt: this.clock.now() };
    this.shelf.entries.set(key, { version, entry: expired });
  }
}

class ReleasesAny extends RightStore {
  protected override release(key: string): void {
    this.shelf.locks.delete(key);
  }
}

class EndlessLocks extends RightStore {
  override lock(key: string): Promise<LoadLock | undefined> {
    return super.lock(key, Infinity);
  }
}

/** Looks before it writes, and does both in turns of their own. */
class LooksFirst extends RightStore {
  override async setMany(entries: readonly KeyedEntry[], kind: WriteKind): Promise<string[]> {
    const dated = entries.map(([key, entry]) => {
      const version = this.versionAt(kind === 'call' ? undefined : entry.asOf);
      return { key, entry, version, isFree: this.mayWrite(key, entry, version) };
    });
    await Promise.resolve();
    await Promise.resolve();
    for (const { key, entry, version, isFree } of dated) {
      if (isFree) this.shelf.entries.set(key, { version, entry });
    }
    return dated.filter(({ isFree }) => !isFree).map(({ key }) => key);
  }
}

describe('describeSharedStore', () => {
  it('passes a store that is right', async () => {
    expect(await failuresOf(RightStore)).toEqual([]);
  });

  it.each<[string, StoreClass, string]>([
    ['shares nothing', Private, 'gives 0 to other instances as it was written'],
    ['keeps only JSON', Json, 'gives a Map to other instances as it was written'],
    [
      'gives each key once',
      Unordered,
      'gives entries in the order of their keys, and undefined for those that are not there',
    ],
    ['serves what is over', Immortal, 'forgets an entry when its life is over'],
    [
      'leaves nothing of what it deletes',
      WithoutTombstones,
      'refuses a load that began before its key was deleted, elsewhere',
    ],
    [
      'takes whatever comes last',
      LastWriteWins,
      'writes what is made up for, unless something newer is there',
    ],
    [
      'says that it has written what it has not',
      Untruthful,
      'refuses a load that began before an entry was written, and says so',
    ],
    [
      'takes what is made up for as of now',
      LateReplay,
      'invalidates as of when it was called what is made up for',
    ],
    [
      'goes back with tags',
      LowersTags,
      'does not take the invalidation of a tag back by an older one that is made up for',
    ],
    ['looks at one tag', OneTag, 'invalidates what carries a tag, and nothing else'],
    [
      'deletes what expires',
      Graceless,
      'ends the time in which an entry is fresh, and keeps its grace',
    ],
    [
      'releases the locks of others',
      ReleasesAny,
      'does not release what another instance has taken since',
    ],
    ['keeps locks for ever', EndlessLocks, 'ends a lock that nobody releases'],
    [
      'makes an entry newer by expiring it',
      Reviver,
      'does not bring back by expiring what was cleared, before or after',
    ],
    ['looks before it writes', LooksFirst, 'lets no load through that a deletion meets on its way'],
  ])('fails a store that %s', async (_name, Store, failure) => {
    expect(await failuresOf(Store)).toContain(failure);
  });

  it('asks only a store for it that compares when it writes', async () => {
    expect(await failuresOf(LooksFirst, { compareAndSet: false })).toEqual([]);
  });

  it('asks for locks unless it is told that there are none', async () => {
    class WithoutLocks extends RightStore {
      override readonly lock = undefined as never;
    }
    expect(await failuresOf(WithoutLocks)).toContain('ends a lock that nobody releases');
    expect(await failuresOf(WithoutLocks, { locks: false })).toEqual([]);
  });
});
