import type { ConfigDefinition } from '../config-definition.js';
import type { ConfigKey } from '../config-key.js';
import { formatValue } from '../report/format-value.js';
import { variableName } from '../variable-name.js';

const HEADER = ['Variable', 'Default', 'Unit', 'Allowed', 'Description', 'Example'];

/**
 * Writes the reference of definitions as Markdown: a heading and a table for each. The columns are padded as Prettier
 * pads them.
 * @example
 * writeFileSync('docs/configuration.md', generateConfigTable([paymentsConfig]));
 */
export function generateConfigTable(definitions: readonly ConfigDefinition[]): string {
  return definitions
    .map((definition) => `## ${definition.namespace}\n\n${formatTable(rowsOf(definition))}\n`)
    .join('\n');
}

function rowsOf({ namespace, keys }: ConfigDefinition): readonly (readonly string[])[] {
  return keys.map((key) => [
    code(variableName(namespace, undefined, key.name)),
    key.required ? 'required' : codeOf(key.default, key),
    key.unit ?? '',
    escape(key.allowed),
    escape(key.description),
    codeOf(key.example, key),
  ]);
}

function formatTable(rows: readonly (readonly string[])[]): string {
  const widths = HEADER.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => (row[column] as string).length)),
  );
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] as number)).join(' | ')} |`;
  return [line(HEADER), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join(
    '\n',
  );
}

function codeOf(value: unknown, key: ConfigKey): string {
  return value === undefined ? '' : code(formatValue(value, key.type));
}

function code(text: string): string {
  return `\`${text.replaceAll('|', '\\|')}\``;
}

function escape(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('<', '\\<');
}
