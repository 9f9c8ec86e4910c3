import type Joi from 'joi';
import { describeAllowed } from './report/describe-allowed.js';

const SECRET_NAME = /(?:password|secret|token|credentials?|(?:api|access|secret|private)key)$/i;

/** What is known of one key of a configuration. */
export interface ConfigKey {
  /** camelCase, as in the config object. */
  readonly name: string;
  /** Joi's type: `string`, `duration`, `boolean`… */
  readonly type: string;
  /** What it is for. */
  readonly description: string;
  /** The value when nothing is set, as the schema states it; `undefined` when there is none. */
  readonly default: unknown;
  /** First example of the schema. */
  readonly example: unknown;
  /** Unit of the value in the config: `ms`, `bytes`. */
  readonly unit: string | undefined;
  /** What may be set, for people. */
  readonly allowed: string;
  /** Must be set. */
  readonly required: boolean;
  /** Stands for an embedded engine while unset; refused in production. */
  readonly zeroSetup: boolean;
  /** Its value is never shown. */
  readonly secret: boolean;
}

/** Reads the keys of a schema from Joi's own description of it. */
export function describeKeys(schema: Joi.ObjectSchema): readonly ConfigKey[] {
  const keys = (schema.describe() as { keys?: Record<string, Joi.Description> }).keys ?? {};
  return Object.entries(keys).map(([name, description]) => describeKey(name, description));
}

function describeKey(name: string, description: Joi.Description): ConfigKey {
  const flags = (description.flags ?? {}) as Record<string, unknown>;
  const metas = (description['metas'] ?? []) as readonly Record<string, unknown>[];
  return {
    name,
    type: description.type ?? 'any',
    description: typeof flags['description'] === 'string' ? flags['description'] : '',
    default: flags['default'],
    example: (description['examples'] as readonly unknown[] | undefined)?.[0],
    unit: typeof flags['unit'] === 'string' ? flags['unit'] : undefined,
    allowed: describeAllowed(description),
    required: flags['presence'] === 'required',
    zeroSetup: metas.some((meta) => meta['zeroSetup'] === true),
    secret: SECRET_NAME.test(name) || metas.some((meta) => meta['secret'] === true),
  };
}
