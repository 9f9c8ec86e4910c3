import { FakeClock } from 'nestjs-mainstay/testing';
import { describe, expect, it } from 'vitest';
import { isDocumentId } from './document-id.pipe.js';
import { DocumentIds } from './document-ids.js';

describe('DocumentIds', () => {
  it('makes UUIDs of version 7', () => {
    const id = new DocumentIds(new FakeClock()).next();
    expect(isDocumentId(id)).toBe(true);
    expect(id).toMatch(/^.{14}7.{4}[89ab]/);
  });

  it('puts the time in front', async () => {
    const clock = new FakeClock();
    await clock.advance(60_000);
    const id = new DocumentIds(clock).next();
    expect(parseInt(id.replace('-', '').slice(0, 12), 16)).toBe(Math.floor(clock.wallTime()));
  });

  it('makes each id greater than the one before, however many in a millisecond', () => {
    const ids = new DocumentIds(new FakeClock());
    const made = Array.from({ length: 10_000 }, () => ids.next());
    expect(made).toEqual(made.toSorted());
    expect(new Set(made).size).toBe(10_000);
  });
});
