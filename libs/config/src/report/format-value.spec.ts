import { describe, expect, it } from 'vitest';
import { formatValue } from './format-value.js';

describe('formatValue', () => {
  it.each([
    [300_000, 'duration', '5m'],
    [86_400_000, 'duration', '1d'],
    [1_500, 'duration', '1500ms'],
    [0, 'duration', '0'],
    [Infinity, 'duration', 'Infinity'],
    ['5m', 'duration', '5m'],
    [10_485_760, 'size', '10MiB'],
    [1_000, 'size', '1000B'],
    [0, 'size', '0'],
    [1_000, 'number', '1000'],
    [true, 'boolean', 'true'],
    [['a', 'b'], 'array', 'a,b'],
    [{ a: 1 }, 'object', '{"a":1}'],
  ])('writes %j of type %s as %s', (value, type, expected) => {
    expect(formatValue(value, type)).toBe(expected);
  });
});
