import Joi from 'joi';
import { describe, expect, it } from 'vitest';
import { durationSchema, sizeSchema } from '../schemas/quantity.schema.js';
import { urlSchema } from '../schemas/url.schema.js';
import { describeAllowed } from './describe-allowed.js';

const DURATION = 'a duration (250ms, 30s, 5m, 1h, or milliseconds)';

describe('describeAllowed', () => {
  it.each<[Joi.Schema, string]>([
    [Joi.string(), 'text'],
    [Joi.string().min(16), 'text, at least 16 characters'],
    [Joi.string().pattern(/^a+$/), 'text, matching /^a+$/'],
    [Joi.string().pattern(/^a+$/, 'name'), 'text, matching name'],
    [Joi.string().valid('a', 'b'), 'one of a, b'],
    [Joi.boolean(), 'true or false'],
    [Joi.number(), 'a number'],
    [Joi.number().integer().min(0).max(9), 'a whole number, at least 0, at most 9'],
    [Joi.number().greater(0).less(1), 'a number, more than 0, less than 1'],
    [Joi.number().port(), 'a number, 0 to 65535'],
    [durationSchema(), DURATION],
    [durationSchema().min(1_000).max(3_600_000), `${DURATION}, at least 1s, at most 1h`],
    [durationSchema().allow(Infinity), `${DURATION}; or Infinity`],
    [sizeSchema().max(10_485_760), 'a size (512KiB, 10MiB, 1GiB, or bytes), at most 10MiB'],
    [urlSchema({ protocols: ['memory:'] }), 'a URL that begins with memory:'],
    [urlSchema({ protocols: ['a:', 'b:', 'c:'] }), 'a URL that begins with a:, b: or c:'],
    [Joi.array(), 'a list, separated by commas'],
    [
      Joi.array().items(Joi.number()).min(1),
      'a list, separated by commas, each a number, at least 1 items',
    ],
    [Joi.alternatives(Joi.boolean().valid(false), Joi.string()), 'false; or text'],
    [Joi.any(), 'any value'],
  ])('describes schema %#', (schema, expected) => {
    expect(describeAllowed(schema.describe())).toBe(expected);
  });
});
