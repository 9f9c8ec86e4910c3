import { describe, expect, it } from 'vitest';
import { TtlReader } from './ttl-reader.js';

describe('cache rule 17: TtlReader', () => {
  it.each([
    ['5m', 300_000],
    [1_000, 1_000],
    ['0', 0],
    [Infinity, Infinity],
  ])('reads %j each time as %d ms', (ttl, ms) => {
    const reader = new TtlReader();
    expect([reader.read(ttl), reader.read(ttl), reader.readGrace(ttl)]).toEqual([ms, ms, ms]);
  });

  it('reads no grace as 0', () => {
    expect(new TtlReader().readGrace(false)).toBe(0);
  });

  it.each(['banana', '-5m', -1, NaN])('refuses %j each time', (ttl) => {
    const reader = new TtlReader();
    for (let time = 0; time < 2; time++) {
      expect(() => reader.read(ttl)).toThrow(
        expect.objectContaining({ code: 'CACHE_TTL_INVALID' }),
      );
      expect(() => reader.readGrace(ttl)).toThrow(
        expect.objectContaining({ code: 'CACHE_TTL_INVALID' }),
      );
    }
  });

  it('reads any number of texts', () => {
    const reader = new TtlReader();
    const read = Array.from({ length: 1_000 }, (_, index) => reader.read(`${index}s`));
    expect(read).toEqual(Array.from({ length: 1_000 }, (_, index) => index * 1_000));
  });
});
