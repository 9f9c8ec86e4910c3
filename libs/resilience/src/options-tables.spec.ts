import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { resolvePipelineOptions } from './resolve-options.js';

/** What is no number to be documented. */
const PARTS = new Set(['rules', 'policies', 'chaos']);

/** Defaults that are told in another way than by their value, and what that value is. */
const SAID_OTHERWISE: Readonly<Record<string, { readonly text: string; readonly value: unknown }>> =
  {
    'breaker.windowMs': { text: 'max(10 000, 2 × try)', value: 20_000 },
    'breaker.slowCallMs': { text: 'false', value: Infinity },
  };

/** The defaults as the code resolves them, by the path of the option. */
function defaults(options: object, path = ''): Map<string, unknown> {
  const found = new Map<string, unknown>();
  for (const [name, value] of Object.entries(options) as [string, unknown][]) {
    if (PARTS.has(name)) continue;
    const at = `${path}${name}`;
    if (typeof value !== 'object' || value === null) found.set(at, value);
    else for (const [inner, innerValue] of defaults(value, `${at}.`)) found.set(inner, innerValue);
  }
  return found;
}

/** The options of the first table of a document that has `tryTimeoutMs` in it, with the default that it tells. */
function told(document: string): Map<string, string> {
  const lines = document.split('\n');
  const start = lines.findIndex((line) => line.startsWith('| `tryTimeoutMs` '));
  const end = lines.findIndex((line, at) => at > start && !line.startsWith('|'));
  return new Map(
    lines.slice(start, end).map((line) => {
      const [, option = '', value = ''] = line.split('|').map((cell) => cell.trim());
      return [option.replaceAll('`', ''), value] as const;
    }),
  );
}

function expected(): Map<string, string> {
  return new Map(
    [...defaults(resolvePipelineOptions())].map(([option, value]) => {
      const other = SAID_OTHERWISE[option];
      if (other) expect(value).toBe(other.value);
      return [option, other?.text ?? spaced(value)];
    }),
  );
}

function spaced(value: unknown): string {
  return String(value).replace(/(?<=\d)(?=(\d{3})+$)/g, ' ');
}

describe('the tables of the pipeline options', () => {
  it.each(['../README.md', '../../../docs/guide/resilience.md'])(
    'have every option with the default of the code: %s',
    async (document) => {
      const text = await readFile(new URL(document, import.meta.url), 'utf8');
      const sorted = (table: Map<string, string>) => [...table].toSorted();
      expect(sorted(told(text))).toEqual(sorted(expected()));
    },
  );
});
