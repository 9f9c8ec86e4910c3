import { describe, expect, it } from 'vitest';
import { parseRange, selectPart } from './byte-range.js';
import { formatHttpDate } from './http-date.js';

const NOW = Date.UTC(2026, 10, 28);
const CHANGED = Date.UTC(2026, 10, 20);
const STATE = { etag: '"now"', lastModified: CHANGED };

describe('parseRange of 1,000 bytes', () => {
  it.each([
    ['bytes=0-499', 0, 499],
    ['bytes=500-999', 500, 999],
    ['bytes=500-', 500, 999],
    ['bytes=0-0', 0, 0],
    ['bytes=999-5000', 999, 999],
    ['bytes=-500', 500, 999],
    ['bytes=-1', 999, 999],
    ['bytes=-5000', 0, 999],
    ['BYTES=0-0', 0, 0],
    ['bytes= 0-0 ,', 0, 0],
    [`bytes=0-${'9'.repeat(400)}`, 0, 999],
  ])('%s is a part', (header, start, end) => {
    expect(parseRange(header, 1_000)).toEqual({ start, end });
  });

  it.each(['bytes=1000-', 'bytes=1000-2000', 'bytes=-0', `bytes=${'9'.repeat(400)}-`])(
    '%s cannot be satisfied',
    (header) => {
      expect(parseRange(header, 1_000)).toBe('unsatisfiable');
    },
  );

  it.each([
    'bytes=5-2',
    'bytes=a-b',
    'bytes=-',
    'bytes=',
    'bytes',
    '',
    'bytes=0x0-1',
    'bytes=+1-2',
    'bytes=1 - 2',
    'bytes=--1',
    'items=0-1',
    'bytes=0-1,4-5',
    'bytes=0-1, bytes=4-5',
  ])('%j is ignored', (header) => {
    expect(parseRange(header, 1_000)).toBe('whole');
  });
});

describe('parseRange of nothing', () => {
  it.each([
    ['bytes=0-', 'unsatisfiable'],
    ['bytes=-5', 'whole'],
    ['bytes=-0', 'unsatisfiable'],
  ])('%s → %s', (header, expected) => {
    expect(parseRange(header, 0)).toBe(expected);
  });
});

describe('selectPart', () => {
  const part = { start: 0, end: 9 };

  it.each([
    [undefined, part],
    ['"now"', part],
    [formatHttpDate(CHANGED), part],
    ['"old"', 'whole'],
    ['W/"now"', 'whole'],
    [formatHttpDate(CHANGED - 1_000), 'whole'],
    [formatHttpDate(CHANGED + 1_000), 'whole'],
    ['nonsense', 'whole'],
    ['"now", "now"', 'whole'],
  ])('If-Range: %s → %j', (ifRange, expected) => {
    const headers = { range: 'bytes=0-9', 'if-range': ifRange };
    expect(selectPart(headers, 1_000, STATE, NOW)).toEqual(expected);
  });

  it('does not find a range unsatisfiable that is meant for another state', () => {
    const headers = { range: 'bytes=1000-', 'if-range': '"old"' };
    expect(selectPart(headers, 1_000, STATE, NOW)).toBe('whole');
  });

  it('gives everything when no part is asked for', () => {
    expect(selectPart({ 'if-range': '"now"' }, 1_000, STATE, NOW)).toBe('whole');
  });
});
