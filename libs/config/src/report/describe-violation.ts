import type Joi from 'joi';
import { redactText } from 'nestjs-mainstay/common';
import type { ConfigKey } from '../config-key.js';
import type { ConfigRequest } from '../config-request.js';
import type { Environment } from '../environment.js';
import { variablePrefix } from '../variable-name.js';
import type { ConfigViolation } from '../violation.js';
import { formatValue } from './format-value.js';
import { maskValue } from './mask-value.js';

/** Codes that the description of the key explains; the message of any other says more. */
const EXPLAINED =
  /^(?:any\.only|(?:duration|size)\.base|url\.scheme|(?:string|number|boolean|array|date|object|alternatives)\..+)$/;

interface FoundValue {
  /** Where it stands, for people: `CACHE_TTL`, `cache.ttl (in code)`. */
  readonly place: string;
  readonly raw: string;
  readonly shown: string;
  readonly inCode: boolean;
}

/** Turns one problem that Joi found into a violation that teaches. */
export function describeViolation(
  request: ConfigRequest,
  environment: Environment,
  detail: Joi.ValidationErrorItem,
): ConfigViolation {
  const key = request.definition.keys.find(({ name }) => name === detail.path[0]);
  if (detail.path.length === 0) return describeCombination(request, detail);
  if (key === undefined) return describeUnknown(request, detail);
  if (detail.type === 'any.required') return describeMissing(key, request.variable(key.name));
  const { place, raw, shown, inCode } = findValue(request, environment, key);
  const allowed = EXPLAINED.test(detail.type)
    ? key.allowed
    : `${key.allowed}; ${reasonOf(detail, raw, shown)}`;
  const fix = inCode ? `correct the option ${key.name}${forExample(key)}` : fixOf(key, place);
  return { variable: place, found: shown, allowed, fix };
}

function findValue(request: ConfigRequest, environment: Environment, key: ConfigKey): FoundValue {
  const override = request.override(key.name);
  if (override !== undefined) {
    const isPlain = ['string', 'number', 'boolean'].includes(typeof override);
    const raw = isPlain ? formatValue(override, 'any') : '';
    const shown = isPlain ? show(key, raw) : `a value of type ${typeof override}`;
    return { place: `${request.label}.${key.name} (in code)`, raw, shown, inCode: true };
  }
  const place = request.variable(key.name);
  const { text = '', file } = environment.get(place) ?? {};
  const shown = show(key, text) + (file === undefined ? '' : ` (in ${file})`);
  return { place, raw: text, shown, inCode: false };
}

function show(key: ConfigKey, raw: string): string {
  return key.secret ? 'a secret value' : `"${maskValue(raw)}"`;
}

function describeMissing(key: ConfigKey, variable: string): ConfigViolation {
  const fix =
    key.example === undefined
      ? `set ${variable}`
      : `set it, e.g. ${variable}=${formatValue(key.example, key.type)}`;
  return { variable, found: 'nothing', allowed: key.allowed, fix };
}

function describeUnknown(request: ConfigRequest, detail: Joi.ValidationErrorItem): ConfigViolation {
  return {
    variable: `${request.label}.${detail.path.join('.')} (in code)`,
    found: 'an option that does not exist',
    allowed: request.definition.keys.map(({ name }) => name).join(', '),
    fix: 'rename or remove it',
  };
}

function describeCombination(
  request: ConfigRequest,
  detail: Joi.ValidationErrorItem,
): ConfigViolation {
  const { namespace, keys } = request.definition;
  return {
    variable: `${variablePrefix(namespace, request.instance)}*`,
    found: 'a combination that is not allowed',
    allowed: redactText(detail.message),
    fix: `correct one of ${keys.map(({ name }) => request.variable(name)).join(', ')}`,
  };
}

function fixOf(key: ConfigKey, variable: string): string {
  const value = key.example ?? key.default;
  const set =
    value === undefined ? 'correct it' : `set e.g. ${variable}=${formatValue(value, key.type)}`;
  if (key.required || key.zeroSetup) return set;
  return key.default === undefined
    ? `${set}, or remove ${variable}`
    : `${set}, or remove ${variable} to get the default ${formatValue(key.default, key.type)}`;
}

function forExample(key: ConfigKey): string {
  const value = key.example ?? key.default;
  return value === undefined ? '' : `, e.g. ${formatValue(value, key.type)}`;
}

/** The message of a rule of the schema's own, about "it", without the value that it may repeat. */
function reasonOf(detail: Joi.ValidationErrorItem, raw: string, shown: string): string {
  const masked = [raw, String(detail.context?.value ?? '')]
    .filter((text) => text !== '')
    .reduce((message, secret) => message.replaceAll(secret, shown), detail.message);
  return redactText(masked).replace(`"${detail.context?.label}"`, 'it');
}
