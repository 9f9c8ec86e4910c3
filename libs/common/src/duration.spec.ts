import { assert, nat, property } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatDuration, parseDuration } from './duration.js';

describe('parseDuration', () => {
  it.each([
    ['250ms', 250],
    ['30s', 30_000],
    ['5m', 300_000],
    ['1.5h', 5_400_000],
    ['2d', 172_800_000],
    ['1500', 1_500],
    [' 5 m ', 300_000],
    [0, 0],
    [12.5, 12.5],
    [Infinity, Infinity],
  ])('reads %j as %d ms', (value, expected) => {
    expect(parseDuration(value)).toBe(expected);
  });

  it.each(['', 'banana', '5 minutes', '-5m', '5M', '1e3', '5m30s', -1, Number.NaN])(
    'refuses %j',
    (value) => {
      expect(parseDuration(value)).toBeUndefined();
    },
  );

  it('gives decimal fractions without binary noise', () => {
    expect(parseDuration('0.07h')).toBe(252_000);
  });

  it('reads every number of hundredths exactly', () => {
    assert(
      property(nat(1_000_000), (hundredths) => {
        expect(parseDuration(`${(hundredths / 100).toFixed(2)}s`)).toBe(hundredths * 10);
      }),
    );
  });
});

describe('formatDuration', () => {
  it.each([
    [0.25, '0.3 ms'],
    [9.96, '10 ms'],
    [250, '250 ms'],
    [1_530, '1.5 s'],
    [300_000, '5 m'],
    [5_400_000, '1.5 h'],
    [172_800_000, '2 d'],
  ])('writes %d ms as %s', (durationMs, expected) => {
    expect(formatDuration(durationMs)).toBe(expected);
  });
});
