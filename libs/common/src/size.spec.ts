import { assert, nat, property } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatSize, parseSize } from './size.js';

describe('parseSize', () => {
  it.each([
    ['10MiB', 10_485_760],
    ['64kB', 64_000],
    ['1GiB', 1_073_741_824],
    ['1.5 mib', 1_572_864],
    ['512B', 512],
    ['512', 512],
    [1_024.7, 1_024],
    [0, 0],
  ])('reads %j as %d bytes', (value, expected) => {
    expect(parseSize(value)).toBe(expected);
  });

  it.each(['', 'banana', '10 apples', '-1MiB', '10M', '1e6', -1, Number.NaN])(
    'refuses %j',
    (value) => {
      expect(parseSize(value)).toBeUndefined();
    },
  );

  it('loses no byte to binary fractions', () => {
    assert(
      property(nat(1_000_000), (hundredths) => {
        expect(parseSize(`${(hundredths / 100).toFixed(2)}MB`)).toBe(hundredths * 10_000);
      }),
    );
  });
});

describe('formatSize', () => {
  it.each([
    [512, '512 B'],
    [1_536, '1.5 KiB'],
    [10_485_760, '10 MiB'],
    [1_073_741_824, '1 GiB'],
  ])('writes %d bytes as %s', (bytes, expected) => {
    expect(formatSize(bytes)).toBe(expected);
  });
});
