import type Joi from 'joi';
import { formatValue } from './format-value.js';

const TYPES: Readonly<Record<string, string>> = {
  duration: 'a duration (250ms, 30s, 5m, 1h, or milliseconds)',
  size: 'a size (512KiB, 10MiB, 1GiB, or bytes)',
  boolean: 'true or false',
  number: 'a number',
  string: 'text',
  array: 'a list, separated by commas',
  object: 'an object, as JSON',
  date: 'a date',
};

interface Rule {
  readonly name: string;
  readonly args?: {
    readonly limit?: unknown;
    readonly regex?: string;
    readonly options?: { name?: string };
  };
}

/** Says for people what a key accepts, from Joi's description of its schema. */
export function describeAllowed(description: Joi.Description): string {
  const type = description.type ?? 'any';
  const values = ((description['allow'] ?? []) as readonly unknown[]).map((value) =>
    formatValue(value, type),
  );
  const { only } = (description.flags ?? {}) as { only?: boolean };
  if (only) return values.length === 1 ? values.join() : `one of ${values.join(', ')}`;
  const parts = [describeType(description, type), ...describeRules(description, type)];
  return values.length === 0 ? parts.join(', ') : `${parts.join(', ')}; or ${values.join(', ')}`;
}

function describeType(description: Joi.Description, type: string): string {
  const metas = (description['metas'] ?? []) as readonly { protocols?: readonly string[] }[];
  const protocols = metas.find((meta) => meta.protocols !== undefined)?.protocols;
  if (protocols !== undefined) return `a URL that begins with ${alternatives(protocols)}`;
  if (type === 'alternatives') return describeAlternatives(description);
  const integer = rulesOf(description).some((rule) => rule.name === 'integer');
  if (type === 'number' && integer) return 'a whole number';
  if (type !== 'array') return TYPES[type] ?? 'any value';
  const items = (description['items'] ?? []) as readonly Joi.Description[];
  return items.length === 0
    ? 'a list, separated by commas'
    : `a list, separated by commas, each ${items.map(describeAllowed).join(' or ')}`;
}

function describeAlternatives(description: Joi.Description): string {
  const matches = (description['matches'] ?? []) as readonly { schema?: Joi.Description }[];
  const schemas = matches.flatMap(({ schema }) => (schema === undefined ? [] : [schema]));
  return schemas.length === 0 ? 'any value' : schemas.map(describeAllowed).join('; or ');
}

function describeRules(description: Joi.Description, type: string): string[] {
  const length = type === 'string' ? ' characters' : type === 'array' ? ' items' : '';
  return rulesOf(description).flatMap((rule) => {
    const limit = formatValue(rule.args?.limit, type);
    switch (rule.name) {
      case 'min':
        return isNatural(rule, type) ? [] : [`at least ${limit}${length}`];
      case 'max':
        return [`at most ${limit}${length}`];
      case 'greater':
        return [`more than ${limit}`];
      case 'less':
        return [`less than ${limit}`];
      case 'port':
        return ['0 to 65535'];
      case 'pattern':
        return [`matching ${rule.args?.options?.name ?? rule.args?.regex}`];
      default:
        return [];
    }
  });
}

/** No duration and no size is negative; to say so would only be noise. */
function isNatural(rule: Rule, type: string): boolean {
  return rule.args?.limit === 0 && (type === 'duration' || type === 'size');
}

function alternatives(items: readonly string[]): string {
  const last = items.at(-1) ?? '';
  return items.length < 2 ? last : `${items.slice(0, -1).join(', ')} or ${last}`;
}

function rulesOf(description: Joi.Description): readonly Rule[] {
  return (description['rules'] ?? []) as readonly Rule[];
}
