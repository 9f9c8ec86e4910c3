import { describe, expect, it } from 'vitest';
import { asOf, WriteJournal, type JournalEntry } from './write-journal.js';

describe('cache rule 11: the journal of writes', () => {
  it('remembers each key and each tag once, and hides what they name', () => {
    const journal = new WriteJournal();
    journal.addInvalidation({ keys: ['a', 'b'] }, 0);
    journal.addInvalidation({ keys: ['a'] }, 0);
    journal.addInvalidation({ tags: ['t'] }, 0);
    expect(journal.size).toBe(3);
    expect(journal.hides('a')).toBe(true);
    expect(journal.hides('c')).toBe(false);
    expect(journal.hides('c', ['u', 't'])).toBe(true);
    expect(journal.hides('c', ['u'])).toBe(false);
  });

  it('forgets what something newer is on its way for', () => {
    const journal = new WriteJournal();
    journal.addInvalidation({ keys: ['a', 'b'] }, 0);
    journal.addInvalidation({ tags: ['t'] }, 0);
    journal.forget({ keys: ['a'] });
    expect([journal.hides('a'), journal.hides('b')]).toEqual([false, true]);
    journal.forget({ tags: ['t'] });
    expect(journal.size).toBe(1);
    journal.forget('everything');
    expect(journal.size).toBe(0);
  });

  it('keeps what was added while a batch was being sent', () => {
    const journal = new WriteJournal();
    journal.addInvalidation({ keys: ['a', 'b'] }, 0);
    const batch = journal.next(10);
    journal.addInvalidation({ keys: ['b', 'c'] }, 0);
    journal.settle(batch);
    expect(
      journal
        .next(10)
        .keys.map(([key]) => key)
        .toSorted(),
    ).toEqual(['b', 'c']);
  });

  it('gives batches of a bounded size', () => {
    const journal = new WriteJournal();
    journal.addInvalidation({ keys: ['a', 'b', 'c'] }, 0);
    const first = journal.next(2);
    expect(first.keys.map(([key]) => key)).toEqual(['a', 'b']);
    journal.settle(first);
    expect(journal.next(2).keys.map(([key]) => key)).toEqual(['c']);
  });

  it('cache rule 5: becomes "everything" when it would hold too much', () => {
    const journal = new WriteJournal(undefined, 3);
    journal.addInvalidation({ keys: ['a', 'b'] }, 0);
    journal.addInvalidation({ tags: ['t'] }, 0);
    expect(journal.size).toBe(3);
    journal.addWrites([['c', 7]], 5);
    expect(journal.size).toBe(1);
    expect(journal.next(10)).toEqual({ everything: { calledAt: 5 }, keys: [], tags: [] });
    expect(journal.hides('anything')).toBe(true);
    for (let index = 0; index < 100; index++) journal.addInvalidation({ keys: [`${index}`] }, 9);
    expect(journal.size).toBeLessThanOrEqual(3);
  });

  it('keeps what comes after "everything" apart from it', () => {
    const journal = new WriteJournal();
    journal.addInvalidation('everything', 0);
    const batch = journal.next(10);
    journal.addWrites([['a', 7]], 1);
    journal.settle(batch);
    expect(journal.next(10).keys).toEqual([['a', { calledAt: 1, entryOrder: 7 }]]);
  });

  it('holds the newest call of a key, also when an earlier one is known to have failed only later', () => {
    const journal = new WriteJournal();
    journal.addWrites([['a', 7]], 5);
    journal.addInvalidation({ keys: ['a'] }, 4);
    expect(journal.next(10).keys).toEqual([['a', { calledAt: 5, entryOrder: 7 }]]);
    journal.addInvalidation({ expired: ['a'] }, 6);
    expect(journal.next(10).keys).toEqual([['a', { calledAt: 6, entryOrder: undefined }]]);
  });
});

describe('cache rule 10: an intent after writes that may still be executed', () => {
  function timesOf(journal: WriteJournal): readonly (readonly [string, number])[] {
    const timeOf = ({ kind, name, intent }: JournalEntry) =>
      [`${kind} ${name}`.trim(), asOf(intent)] as const;
    return [...journal.entries()].map(timeOf);
  }

  it('is as of when they may count as of', () => {
    const journal = new WriteJournal();
    journal.addWrites([['a', 7]], 100, true);
    journal.addInvalidation({ keys: ['a', 'b'] }, 150);
    journal.addInvalidation({ tags: ['t'] }, 160, true);
    expect(timesOf(journal)).toEqual([
      ['key a', 700],
      ['key b', 150],
      ['tag t', 760],
    ]);
  });

  it('is as of its own call where that was later', () => {
    const journal = new WriteJournal();
    journal.addWrites([['a', 7]], 100, true);
    journal.addInvalidation({ keys: ['a'] }, 1_000);
    expect(timesOf(journal)).toEqual([['key a', 1_000]]);
  });

  it('is too when their failure comes to be known only after it', () => {
    const journal = new WriteJournal();
    journal.addInvalidation({ keys: ['a'] }, 150);
    const batch = journal.next(10);
    journal.addWrites([['a', 7]], 100, true);
    expect(timesOf(journal)).toEqual([['key a', 700]]);
    // What was being told meanwhile did not know of it.
    journal.settle(batch);
    expect(journal.size).toBe(1);
  });

  it('of everything takes the place of what it was for', () => {
    const journal = new WriteJournal();
    journal.addWrites([['a', 7]], 100, true);
    journal.addWrites([['b', 8]], 120);
    journal.addInvalidation('everything', 150);
    expect(timesOf(journal)).toEqual([['everything', 700]]);
    journal.addInvalidation('everything', 160);
    expect(timesOf(journal)).toEqual([['everything', 700]]);
  });

  it('is forgotten with what is newer', () => {
    const journal = new WriteJournal();
    journal.addWrites([['a', 7]], 100, true);
    journal.forgetKeys(['a']);
    journal.addWrites([['a', 8]], 150);
    expect(timesOf(journal)).toEqual([['key a', 150]]);
  });

  it('cache rule 5: of everything is not forgotten either where it takes the place of very many', () => {
    const journal = new WriteJournal();
    const keys = Array.from({ length: 300_000 }, (_, index) => `${index}`);
    journal.addInvalidation({ keys }, 100, true);
    expect(timesOf(journal)).toEqual([['everything', 700]]);
  });
});
