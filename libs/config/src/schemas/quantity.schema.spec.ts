import { describe, expect, it } from 'vitest';
import { durationSchema, sizeSchema } from './quantity.schema.js';

describe('durationSchema', () => {
  it.each([
    ['5m', 300_000],
    ['250ms', 250],
    ['1500', 1_500],
    [1_500, 1_500],
    [0, 0],
  ])('gives %j as %d ms', (value, expected) => {
    expect(durationSchema().validate(value)).toEqual({ value: expected });
  });

  it.each(['banana', '-5m', -1, true, {}, Number.NaN])('refuses %j', (value) => {
    expect(durationSchema().validate(value).error).toBeDefined();
  });

  it('says what a duration looks like', () => {
    expect(durationSchema().validate('banana').error?.message).toBe(
      '"value" must be a duration: 250ms, 30s, 5m, 1h, or milliseconds',
    );
  });

  it('has the rules of a number, after the conversion', () => {
    const schema = durationSchema().min(1_000).max(60_000);
    expect(schema.validate('5s')).toEqual({ value: 5_000 });
    expect(schema.validate('5ms').error).toBeDefined();
    expect(schema.validate('5h').error).toBeDefined();
  });

  it('takes for ever only where that is allowed', () => {
    expect(durationSchema().validate('Infinity').error).toBeDefined();
    expect(durationSchema().allow(Infinity).validate('infinity')).toEqual({ value: Infinity });
    expect(durationSchema().allow(Infinity).validate(Infinity)).toEqual({ value: Infinity });
  });
});

describe('sizeSchema', () => {
  it.each([
    ['10MiB', 10_485_760],
    ['64kB', 64_000],
    ['512', 512],
    [512, 512],
  ])('gives %j as %d bytes', (value, expected) => {
    expect(sizeSchema().validate(value)).toEqual({ value: expected });
  });

  it.each(['banana', '-1MiB', -1, '10M'])('refuses %j', (value) => {
    expect(sizeSchema().validate(value).error).toBeDefined();
  });
});
