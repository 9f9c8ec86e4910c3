import type { ConfigRequest } from './config-request.js';
import type { ConfigKey } from './config-key.js';
import type { Environment } from './environment.js';
import { describeViolation } from './report/describe-violation.js';
import { describeZeroSetup } from './report/zero-setup.js';
import type { ConfigViolation } from './violation.js';

/** What came of one request. */
export interface ConfigResolution {
  readonly value: Readonly<Record<string, unknown>>;
  readonly violations: readonly ConfigViolation[];
  /** Variables that nobody set and that stand for an embedded engine. */
  readonly zeroSetup: readonly { readonly variable: string; readonly engine: string }[];
}

/** Reads, converts and validates one request: code over environment over default. */
export function resolveConfig(request: ConfigRequest, environment: Environment): ConfigResolution {
  const { definition } = request;
  const input: Record<string, unknown> = { ...withoutUndefined(request.overrides) };
  const unset: ConfigKey[] = [];
  for (const key of definition.keys) {
    if (input[key.name] !== undefined) continue;
    const found = environment.get(request.variable(key.name));
    if (found !== undefined) input[key.name] = fromText(key, found.text);
    else if (needsConversion(key)) input[key.name] = key.default;
    else if (key.zeroSetup) unset.push(key);
  }
  const { value, error } = definition.schema.validate(input, { abortEarly: false });
  const details = (error?.details ?? []).filter(
    ({ type, path }) => !request.awaitsOverrides || (type !== 'any.required' && path.length > 0),
  );
  const violations = details.map((detail) => describeViolation(request, environment, detail));
  const zeroSetup = request.awaitsOverrides ? [] : unset;
  return {
    value: freeze(value as Record<string, unknown>),
    violations: environment.isProduction
      ? [...violations, ...zeroSetup.map((key) => describeZeroSetup(request, key))]
      : violations,
    zeroSetup: zeroSetup.map((key) => ({
      variable: request.variable(key.name),
      engine: String(key.default),
    })),
  };
}

/** A list is written with commas; everything else is converted by the schema. */
function fromText(key: ConfigKey, text: string): unknown {
  if (key.type === 'string') return text;
  if (key.type !== 'array' || text.trim().startsWith('[')) return text.trim();
  return text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

/** Joi takes a default as it is; `durationSchema().default('5m')` has to be read first. */
function needsConversion(key: ConfigKey): boolean {
  return typeof key.default === 'string' && key.type !== 'string' && key.type !== 'any';
}

function withoutUndefined(values: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}

/** Freezes the config and a copy of the plain lists and objects in it; what the caller gave is left alone. */
function freeze<T>(value: T): T {
  if (Array.isArray(value)) return Object.freeze(value.map(freeze)) as T;
  if (typeof value !== 'object' || value === null || !isPlain(value)) return value;
  return Object.freeze(
    Object.fromEntries(Object.entries(value).map(([key, item]) => [key, freeze(item)])),
  ) as T;
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
