import type { ConfigDefinition } from '../config-definition.js';
import type { ConfigKey } from '../config-key.js';
import { formatValue } from '../report/format-value.js';
import { variableName, variablePrefix } from '../variable-name.js';

/**
 * Writes a `.env.example` from definitions. Every variable is commented out and shows its default, or an example where
 * there is none, so that a plain copy changes nothing.
 * @example
 * writeFileSync('.env.example', generateEnvExample([paymentsConfig]));
 */
export function generateEnvExample(definitions: readonly ConfigDefinition[]): string {
  return definitions.map(describeDefinition).join('\n');
}

function describeDefinition({ namespace, keys }: ConfigDefinition): string {
  const blocks = keys.map((key) => describeVariable(namespace, key));
  return [
    `# ${namespace} (a named instance reads ${variablePrefix(namespace, undefined)}<NAME>_*)\n`,
    ...blocks,
  ].join('\n');
}

function describeVariable(namespace: string, key: ConfigKey): string {
  const facts = [
    ...(key.required ? ['Required.'] : []),
    ...(key.default === undefined ? [] : [`Default: ${formatValue(key.default, key.type)}.`]),
    `Allowed: ${key.allowed}.`,
    ...(key.example === undefined ? [] : [`Example: ${formatValue(key.example, key.type)}`]),
  ];
  const value = key.default ?? key.example;
  const text = value === undefined ? '' : quote(formatValue(value, key.type));
  const description = key.description === '' ? '' : `# ${key.description}\n`;
  return `${description}# ${facts.join(' ')}\n# ${variableName(namespace, undefined, key.name)}=${text}\n`;
}

/** What `.env` parsers would cut off or trim. */
function quote(text: string): string {
  return /[\s#"'`]/.test(text) ? `'${text}'` : text;
}
