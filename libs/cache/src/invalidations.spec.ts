import { describe, expect, it } from 'vitest';
import { Invalidations } from './invalidations.js';

describe('cache rule 10: invalidations', () => {
  it('hit what was written, or began to load, before them', () => {
    const invalidations = new Invalidations();
    const before = invalidations.next();
    invalidations.invalidate(['users']);
    const after = invalidations.next();
    expect(invalidations.isValid(before, ['users'])).toBe(false);
    expect(invalidations.isValid(after, ['users'])).toBe(true);
  });

  it('hit an entry by any of its tags, and no other entry', () => {
    const invalidations = new Invalidations();
    const order = invalidations.next();
    invalidations.invalidate(['users']);
    expect(invalidations.isValid(order, ['orders', 'users'])).toBe(false);
    expect(invalidations.isValid(order, ['orders'])).toBe(true);
    expect(invalidations.isValid(order, undefined)).toBe(true);
  });

  it('of everything hit untagged entries too', () => {
    const invalidations = new Invalidations();
    const before = invalidations.next();
    invalidations.clear();
    expect(invalidations.isValid(before, undefined)).toBe(false);
    expect(invalidations.isValid(invalidations.next(), undefined)).toBe(true);
  });

  it('are bounded: forgetting a tag invalidates too much rather than too little', () => {
    const invalidations = new Invalidations(2);
    const old = invalidations.next();
    invalidations.invalidate(['a']);
    const middle = invalidations.next();
    invalidations.invalidate(['b']);
    invalidations.invalidate(['c']);
    expect(invalidations.isValid(old, ['a'])).toBe(false);
    expect(invalidations.isValid(old, ['never invalidated'])).toBe(false);
    expect(invalidations.isValid(old, undefined)).toBe(true);
    expect(invalidations.isValid(middle, ['a'])).toBe(true);
    expect(invalidations.isValid(middle, ['b'])).toBe(false);
  });

  it('remember the tag that was invalidated last, however often it was before', () => {
    const invalidations = new Invalidations(2);
    invalidations.invalidate(['a']);
    invalidations.invalidate(['b']);
    const order = invalidations.next();
    invalidations.invalidate(['a']);
    invalidations.invalidate(['c']);
    expect(invalidations.isValid(order, ['a'])).toBe(false);
    expect(invalidations.isValid(order, ['d'])).toBe(true);
  });
});
