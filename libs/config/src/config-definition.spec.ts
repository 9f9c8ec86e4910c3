import Joi from 'joi';
import { describe, expect, it } from 'vitest';
import { defineConfig } from './config-definition.js';
import type { ConfigKey } from './config-key.js';
import { durationSchema } from './schemas/quantity.schema.js';
import { urlSchema } from './schemas/url.schema.js';

function keyOf(schema: Joi.Schema, name = 'key'): ConfigKey {
  const { keys } = defineConfig('test', Joi.object({ [name]: schema }));
  return keys[0] as ConfigKey;
}

describe('defineConfig', () => {
  it('describes every key of the schema', () => {
    const ttl = durationSchema().default('5m').description('How long.').example('30s');
    const definition = defineConfig('cache', Joi.object({ ttl }));
    expect(definition.namespace).toBe('cache');
    expect(definition.keys).toEqual([
      {
        name: 'ttl',
        type: 'duration',
        description: 'How long.',
        default: '5m',
        example: '30s',
        unit: 'ms',
        allowed: 'a duration (250ms, 30s, 5m, 1h, or milliseconds)',
        required: false,
        zeroSetup: false,
        secret: false,
      },
    ]);
  });

  it('knows what is required', () => {
    expect(keyOf(Joi.string().required()).required).toBe(true);
  });

  it('knows the URLs that stand for an embedded engine', () => {
    const protocols = ['memory:'];
    expect(keyOf(urlSchema({ protocols, embeddedDefault: 'memory:' })).zeroSetup).toBe(true);
    expect(keyOf(urlSchema({ protocols })).zeroSetup).toBe(false);
  });

  it.each(['password', 'token', 'apiKey', 'secretAccessKey', 'clientSecret'])(
    'takes %s for a secret',
    (name) => {
      expect(keyOf(Joi.string(), name).secret).toBe(true);
    },
  );

  it('takes what is marked for a secret', () => {
    expect(keyOf(Joi.string().meta({ secret: true })).secret).toBe(true);
    expect(keyOf(Joi.number(), 'tokenTtl').secret).toBe(false);
  });
});
