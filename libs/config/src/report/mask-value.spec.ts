import { describe, expect, it } from 'vitest';
import { maskValue } from './mask-value.js';

describe('maskValue', () => {
  it.each([
    ['ftp://user:secret@x', 'ftp://***@x'],
    ['redis://:secret@h:6379/0', 'redis://***@h:6379/0'],
    ['redis://user:se@cr/et@h', 'redis://***@h'],
    ['redis://:secret', 'redis://:***'],
    ['user:secret@host', '***@host'],
    ['redis:/user:secret@host', '***@host'],
    ['s3://bucket?accessKeyId=a&secret=b', 's3://bucket?***'],
    ['host=x password=secret', 'host=x password=***'],
  ])('shows %s as %s', (value, expected) => {
    expect(maskValue(value)).toBe(expected);
  });

  it.each([
    'banana',
    '5m',
    'redis://host:6379/0',
    'redis-sentinel://h1:26379,h2:26379/0',
    'sqlite:./data/database.sqlite',
    'sqlite::memory:',
  ])('shows %s as it is', (value) => {
    expect(maskValue(value)).toBe(value);
  });

  it('shows only the beginning of a long value', () => {
    expect(maskValue('x'.repeat(1_000))).toBe(`${'x'.repeat(120)}…`);
  });
});
