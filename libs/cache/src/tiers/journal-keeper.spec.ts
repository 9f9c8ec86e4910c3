import { Logger } from '@nestjs/common';
import { FakeClock } from 'nestjs-mainstay/testing';
import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Invalidation } from '../invalidation.js';
import { JournalKeeper } from './journal-keeper.js';
import type { JournalRecord, JournalStore } from './journal-store.js';
import { WriteJournal } from './write-journal.js';

/** A table that several processes use. */
class Table implements JournalStore {
  readonly rows = new Map<string, JournalRecord>();
  readonly log: string[] = [];
  error: Error | undefined;
  isHung = false;

  async load(cache: string): Promise<readonly JournalRecord[]> {
    await this.#called('load');
    return [...this.rows.values()].filter((row) => row.cache === cache);
  }

  async save(records: readonly JournalRecord[]): Promise<void> {
    await this.#called(`save ${records.map(({ name }) => name).join()}`);
    for (const record of records) {
      const known = this.rows.get(idOf(record));
      if (known === undefined || known.at <= record.at) this.rows.set(idOf(record), record);
    }
  }

  async remove(records: readonly JournalRecord[]): Promise<void> {
    await this.#called(`remove ${records.map(({ name }) => name).join()}`);
    for (const record of records) {
      if (this.rows.get(idOf(record))?.at === record.at) this.rows.delete(idOf(record));
    }
  }

  async #called(line: string): Promise<void> {
    this.log.push(line);
    if (this.isHung) await new Promise(() => undefined);
    if (this.error) throw this.error;
  }
}

function idOf({ cache, kind, name }: JournalRecord): string {
  return `${cache} ${kind} ${name}`;
}

const warn = vi.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
afterAll(() => warn.mockRestore());

const EPOCH = 1_767_225_600_000;
let clock: FakeClock;
let table: Table;
let journal: WriteJournal;
let keeper: JournalKeeper;
let adopted: Invalidation[];

beforeEach(() => {
  warn.mockClear();
  clock = new FakeClock();
  table = new Table();
  adopted = [];
  ({ journal, keeper } = processOf());
});

function processOf(): { journal: WriteJournal; keeper: JournalKeeper } {
  const own: { keeper?: JournalKeeper } = {};
  const queue = new WriteJournal(() => own.keeper?.changed());
  own.keeper = new JournalKeeper({
    store: table,
    cache: 'shop:cache',
    journal: queue,
    clock,
    onAdopted: (what) => void adopted.push(...what),
  });
  return { journal: queue, keeper: own.keeper };
}

describe('cache rule 14: the journal that is kept', () => {
  it('holds what is queued, by names and times, and goes with it', async () => {
    await clock.advance(1_000);
    journal.addWrites([['a', 1]], 400);
    journal.addInvalidation({ tags: ['t'] }, 900);
    await clock.advance(50);
    const record = { cache: 'shop:cache' };
    expect([...table.rows.values()]).toEqual([
      { ...record, kind: 'key', name: 'a', at: EPOCH + 400 },
      { ...record, kind: 'tag', name: 't', at: EPOCH + 900 },
    ]);
    journal.settle(journal.next(10));
    await clock.advance(50);
    expect(table.rows.size).toBe(0);
    expect(table.log).toEqual(['save a,t', 'remove a,t']);
  });

  it('saves what has changed, and all that changes within a moment together', async () => {
    for (const key of ['a', 'b', 'c']) journal.addInvalidation({ keys: [key] }, 0);
    await clock.advance(50);
    journal.addInvalidation({ keys: ['b'] }, 50);
    await clock.advance(50);
    expect(table.log).toEqual(['save a,b,c', 'save b']);
  });

  it('asks nothing where nothing is queued', async () => {
    journal.addInvalidation({ keys: ['a'] }, 0);
    journal.forget({ keys: ['a'] });
    await clock.advance(1_000);
    expect(table.log).toEqual([]);
  });

  it('is told by whichever process comes to the shared tier first', async () => {
    await clock.advance(10_000);
    journal.addInvalidation({ keys: ['a'] }, 2_000);
    journal.addInvalidation('everything', 1_000);
    await clock.advance(50);
    const other = processOf();
    other.keeper.opened();
    await clock.advance(0);
    expect(adopted).toEqual(['everything', { keys: ['a'] }]);
    // As of later than the record says, for clocks that differ.
    const { everything, keys } = other.journal.next(10);
    expect(everything?.calledAt).toBe(6_000);
    expect(keys).toEqual([['a', { calledAt: 7_000, entryOrder: undefined }]]);
    other.journal.settle(other.journal.next(10));
    await clock.advance(50);
    expect(table.rows.size).toBe(0);
  });

  it('is looked at from time to time: others may die later', async () => {
    keeper.opened();
    await clock.advance(0);
    const other = processOf();
    other.journal.addInvalidation({ keys: ['a'] }, 0);
    await clock.advance(29_999);
    expect(journal.size).toBe(0);
    await clock.advance(1);
    expect(journal.size).toBe(1);
  });

  it('keeps a newer record of another process when an older one was told', async () => {
    journal.addInvalidation({ keys: ['a'] }, 0);
    await clock.advance(50);
    const other = processOf();
    other.journal.addInvalidation({ keys: ['a'] }, 50);
    await clock.advance(50);
    journal.settle(journal.next(10));
    await clock.advance(50);
    expect([...table.rows.values()]).toMatchObject([{ name: 'a', at: EPOCH + 50 }]);
  });

  it('does not replace what is known here by something older', async () => {
    await clock.advance(20_000);
    const other = processOf();
    other.journal.addInvalidation({ keys: ['a'] }, 1_000);
    other.journal.addInvalidation('everything', 500);
    await clock.advance(50);
    journal.addWrites([['a', 7]], 19_000);
    keeper.opened();
    await clock.advance(0);
    expect(journal.next(10).keys).toEqual([['a', { calledAt: 19_000, entryOrder: 7 }]]);
    expect(journal.next(10).everything?.calledAt).toBe(5_500);
  });

  it('leaves the records of other caches alone', async () => {
    await table.save([{ cache: 'shop:cache:sessions', kind: 'key', name: 'a', at: EPOCH }]);
    keeper.opened();
    await clock.advance(0);
    expect([journal.size, adopted]).toEqual([0, []]);
  });

  it('tries again what failed, and says so without secrets', async () => {
    table.error = new Error('connect postgres://me:hunter2@db failed');
    journal.addInvalidation({ keys: ['a'] }, 0);
    await clock.advance(50);
    expect(warn).toHaveBeenCalledOnce();
    expect(warn.mock.calls[0]?.[0]).toMatch(/journal store could not be written/);
    expect(warn.mock.calls[0]?.[0]).not.toContain('hunter2');
    table.error = undefined;
    await clock.advance(1_000);
    expect(table.rows.size).toBe(1);
  });

  it('gives up a call that hangs, and goes on', async () => {
    table.isHung = true;
    journal.addInvalidation({ keys: ['a'] }, 0);
    await clock.advance(5_050);
    table.isHung = false;
    await clock.advance(1_000);
    expect(table.rows.size).toBe(1);
  });

  it('is brought up to date when the cache is closed, and not waited for longer than there is time', async () => {
    journal.addInvalidation({ keys: ['a'] }, 0);
    await keeper.flush(500);
    expect(table.rows.size).toBe(1);
    table.isHung = true;
    journal.addInvalidation({ keys: ['b'] }, 0);
    const closing = keeper.flush(500);
    await clock.advance(500);
    await closing;
    keeper.end();
    table.log.length = 0;
    await clock.advance(60_000);
    expect(table.log).toEqual([]);
  });
});

describe('cache rule 7: a keeper that has ended', () => {
  it.each<[string, () => void]>([
    ['a look', () => keeper.opened()],
    ['a write', () => journal.addInvalidation({ keys: ['a'] }, 0)],
  ])('in the middle of %s asks nothing any more, also when it fails', async (_name, begin) => {
    begin();
    table.isHung = true;
    await clock.advance(50);
    expect(table.log).toHaveLength(1);
    keeper.end();
    journal.addInvalidation({ keys: ['b'] }, 0);
    await clock.advance(60_000);
    expect(table.log).toHaveLength(1);
    expect(clock.pending.all).toBe(0);
  });
});
