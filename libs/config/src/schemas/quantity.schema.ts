import Joi from 'joi';
import { parseDuration, parseSize } from 'nestjs-mainstay/common';

interface QuantityRoot extends Joi.Root {
  duration(): Joi.NumberSchema;
  size(): Joi.NumberSchema;
}

const root = Joi.extend(
  quantity('duration', 'ms', parseDuration, 'a duration: 250ms, 30s, 5m, 1h, or milliseconds'),
  quantity('size', 'bytes', parseSize, 'a size: 512KiB, 10MiB, 1GiB, or bytes'),
) as QuantityRoot;

/**
 * A span of time: `'5m'`, `'250ms'`, or a number of milliseconds; the config gets milliseconds. Has the rules of a Joi
 * number (`.min(1)`, `.max(…)`). For ever is refused unless allowed: `durationSchema().allow(Infinity)`.
 * @example
 * Joi.object({ ttl: durationSchema().default('5m').description('How long a value is fresh.') })
 */
export function durationSchema(): Joi.NumberSchema {
  return root.duration();
}

/**
 * An amount of data: `'10MiB'`, `'64kB'`, or a number of bytes; the config gets whole bytes. Has the rules of a Joi
 * number.
 * @example
 * Joi.object({ maxBytes: sizeSchema().default('64MiB').description('How much memory the cache may take.') })
 */
export function sizeSchema(): Joi.NumberSchema {
  return root.size();
}

function quantity(
  type: string,
  unit: string,
  parse: (text: string) => number | undefined,
  expected: string,
): Joi.Extension {
  return {
    type,
    base: Joi.number().min(0).unit(unit),
    messages: { [`${type}.base`]: `{{#label}} must be ${expected}` },
    coerce: {
      from: 'string',
      method(text: string, helpers) {
        if (/^\s*infinity\s*$/i.test(text)) return { value: Infinity };
        const value = parse(text);
        return value === undefined
          ? { value: text, errors: [helpers.error(`${type}.base`)] }
          : { value };
      },
    },
  };
}
