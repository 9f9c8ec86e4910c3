import type { NativeStatement } from './native-sqlite.js';

type Row = Record<string, unknown>;

/**
 * The rows of a statement. An integer that a JavaScript number holds is a number; a larger one is a string of its digits,
 * as TypeORM's other drivers give a `bigint`, never a rounded number.
 * @param isRepeatable `true` for a statement that only reads: it is run again when its rows turn out to hold a larger
 * integer, so that all others cost nothing
 */
export function readRows(
  native: NativeStatement,
  values: readonly unknown[],
  isRepeatable: boolean,
): unknown[] {
  if (!isRepeatable) return readExactly(native, values);
  const rows = native.all(values) as Row[];
  let isRounded = false;
  for (const row of rows) isRounded = toPortableRow(row) || isRounded;
  return isRounded ? readExactly(native, values) : rows;
}

/** Whether a number may be a rounded integer. */
export function mayBeRounded(value: number): boolean {
  return value > Number.MAX_SAFE_INTEGER || value < Number.MIN_SAFE_INTEGER;
}

function readExactly(native: NativeStatement, values: readonly unknown[]): unknown[] {
  native.safeIntegers(true);
  try {
    const rows = native.all(values) as Row[];
    for (const row of rows) toPortableRow(row);
    return rows;
  } finally {
    native.safeIntegers(false);
  }
}

/**
 * Evens out where the engines differ, in place: better-sqlite3 gives bytes as Buffer, libsql as ArrayBuffer.
 * @returns whether it may hold a rounded integer
 */
function toPortableRow(row: Row): boolean {
  let isRounded = false;
  for (const name in row) {
    const value = row[name];
    if (typeof value === 'number') {
      if (mayBeRounded(value)) isRounded = true;
    } else if (typeof value === 'bigint') row[name] = toNumberOrDigits(value);
    else if (value instanceof ArrayBuffer) row[name] = Buffer.from(value);
  }
  return isRounded;
}

function toNumberOrDigits(value: bigint): number | string {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value.toString();
}
