import { parseEnv } from 'node:util';
import Joi from 'joi';
import { describe, expect, it } from 'vitest';
import { defineConfig } from '../config-definition.js';
import { durationSchema } from '../schemas/quantity.schema.js';
import { generateEnvExample } from './env-example.js';

const definition = defineConfig(
  'pay',
  Joi.object({
    url: Joi.string().required().description('The API.').example('https://pay.example'),
    ttl: durationSchema().default(300_000).description('How long.').example('30s'),
    note: Joi.string().default('a # b'),
    label: Joi.string(),
  }),
);

describe('generateEnvExample', () => {
  const text = generateEnvExample([definition]);

  it('explains every variable and shows its default, or else an example', () => {
    expect(text).toBe(
      [
        '# pay (a named instance reads PAY_<NAME>_*)',
        '',
        '# The API.',
        '# Required. Allowed: text. Example: https://pay.example',
        '# PAY_URL=https://pay.example',
        '',
        '# How long.',
        '# Default: 5m. Allowed: a duration (250ms, 30s, 5m, 1h, or milliseconds). Example: 30s',
        '# PAY_TTL=5m',
        '',
        '# Default: a # b. Allowed: text.',
        "# PAY_NOTE='a # b'",
        '',
        '# Allowed: text.',
        '# PAY_LABEL=',
        '',
      ].join('\n'),
    );
  });

  it('sets nothing when it is copied', () => {
    expect(parseEnv(text)).toEqual({});
  });

  it('gives back the defaults when its lines are uncommented', () => {
    expect(parseEnv(text.replaceAll(/^# (?=[A-Z_]+=)/gm, ''))).toEqual({
      PAY_URL: 'https://pay.example',
      PAY_TTL: '5m',
      PAY_NOTE: 'a # b',
      PAY_LABEL: '',
    });
  });
});
