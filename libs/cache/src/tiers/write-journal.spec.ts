import { describe, expect, it } from 'vitest';
import { WriteJournal } from './write-journal.js';

describe('cache rule 11: the journal of writes', () => {
  it('remembers each key and each tag once, and hides what they name', () => {
    const journal = new WriteJournal();
    journal.add({ keys: ['a', 'b'] });
    journal.add({ keys: ['a'] });
    journal.add({ tags: ['t'] });
    expect(journal.size).toBe(3);
    expect(journal.hides('a')).toBe(true);
    expect(journal.hides('c')).toBe(false);
    expect(journal.hides('c', ['u', 't'])).toBe(true);
    expect(journal.hides('c', ['u'])).toBe(false);
  });

  it('forgets what something newer is on its way for', () => {
    const journal = new WriteJournal();
    journal.add({ keys: ['a', 'b'] });
    journal.add({ tags: ['t'] });
    journal.forget({ keys: ['a'] });
    expect([journal.hides('a'), journal.hides('b')]).toEqual([false, true]);
    journal.forget({ tags: ['t'] });
    expect(journal.size).toBe(1);
    journal.forget('everything');
    expect(journal.size).toBe(0);
  });

  it('keeps what was added while a batch was being sent', () => {
    const journal = new WriteJournal();
    journal.add({ keys: ['a', 'b'] });
    const batch = journal.next(10);
    journal.add({ keys: ['b', 'c'] });
    journal.settle(batch);
    expect(journal.next(10).keys.toSorted()).toEqual(['b', 'c']);
  });

  it('gives batches of a bounded size', () => {
    const journal = new WriteJournal();
    journal.add({ keys: ['a', 'b', 'c'] });
    const first = journal.next(2);
    expect(first.keys).toEqual(['a', 'b']);
    journal.settle(first);
    expect(journal.next(2).keys).toEqual(['c']);
  });

  it('cache rule 5: becomes "everything" when it would hold too much', () => {
    const journal = new WriteJournal(3);
    journal.add({ keys: ['a', 'b'] });
    journal.add({ tags: ['t'] });
    expect(journal.hides('z')).toBe(false);
    journal.add({ tags: ['u'] });
    expect(journal.hides('z')).toBe(true);
    expect(journal.size).toBe(1);
    for (let index = 0; index < 100; index++) journal.add({ keys: [`${index}`] });
    expect(journal.size).toBe(1);
  });

  it('sends "everything" once more when something was added while it was being sent', () => {
    const journal = new WriteJournal();
    journal.add('everything');
    const batch = journal.next(10);
    journal.add({ keys: ['a'] });
    journal.settle(batch);
    expect(journal.hides('a')).toBe(true);
    journal.settle(journal.next(10));
    expect(journal.size).toBe(0);
  });
});
