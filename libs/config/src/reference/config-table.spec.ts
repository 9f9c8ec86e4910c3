import Joi from 'joi';
import { format } from 'prettier';
import { describe, expect, it } from 'vitest';
import { defineConfig } from '../config-definition.js';
import { sizeSchema } from '../schemas/quantity.schema.js';
import { generateConfigTable } from './config-table.js';

const definition = defineConfig(
  'pay',
  Joi.object({
    url: Joi.string()
      .required()
      .description('The API | its <mirror>.')
      .example('https://pay.example'),
    limit: sizeSchema().default(10_485_760).description('How much.').example('1MiB'),
    label: Joi.string(),
  }),
);

describe('generateConfigTable', () => {
  const text = generateConfigTable([definition]);

  it('has a row for every variable: default, unit, allowed, description, example', () => {
    const rows = text.split('\n').map((line) => line.replaceAll(/ +/g, ' '));
    expect(rows).toEqual([
      '## pay',
      '',
      '| Variable | Default | Unit | Allowed | Description | Example |',
      expect.stringMatching(/^\|(?: -+ \|){6}$/),
      '| `PAY_URL` | required | | text | The API \\| its \\<mirror>. | `https://pay.example` |',
      '| `PAY_LIMIT` | `10MiB` | bytes | a size (512KiB, 10MiB, 1GiB, or bytes) | How much. | `1MiB` |',
      '| `PAY_LABEL` | | | text | | |',
      '',
    ]);
  });

  it('is formatted as Prettier formats it', async () => {
    expect(await format(text, { parser: 'markdown' })).toBe(text);
  });
});
