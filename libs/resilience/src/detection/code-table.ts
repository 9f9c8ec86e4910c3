import type { Classification } from '../classification.js';

/** A classification before its error gives it a name. */
export type Known = Omit<Classification, 'type'>;

/** What the codes of one family of errors mean. */
export type CodeTable = Readonly<Record<string, Known>>;

/** What a table says of a code, with the code as the type. */
export function lookUp(table: CodeTable, code: string | undefined): Classification | undefined {
  if (code === undefined || !Object.hasOwn(table, code)) return undefined;
  return { ...(table[code] as Known), type: code };
}
