/** The integers that SQLite stores: 64 bits, signed. */
const MAX_INTEGER = 2n ** 63n - 1n;
const MIN_INTEGER = -(2n ** 63n);

/**
 * Turns parameters into values that SQLite can bind: numbers, strings, bigints, bytes and null; booleans become 0 and 1,
 * `undefined` becomes null. libsql aborts the process at a boolean and stores a larger bigint cut.
 * @throws TypeError or RangeError that names the position, never the value
 */
export function bindParameters(parameters: readonly unknown[]): unknown[] {
  return parameters.map((value, index) => bindValue(value, index + 1));
}

function bindValue(value: unknown, position: number): unknown {
  if (typeof value === 'string' || typeof value === 'number' || value === null) return value;
  if (value === undefined) return null;
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (typeof value === 'bigint') {
    if (value >= MIN_INTEGER && value <= MAX_INTEGER) return value;
    throw new RangeError(`Parameter ${position} is a bigint of more than 64 bits.`);
  }
  if (value instanceof Uint8Array) return value;
  const type = typeof value === 'object' ? nameOf(value) : typeof value;
  throw new TypeError(
    `Parameter ${position} is a ${type}; SQLite binds numbers, strings, bigints, booleans, Buffers and null. Convert it first.`,
  );
}

function nameOf(value: object): string {
  const { constructor } = value as { constructor?: { name?: string } };
  return constructor?.name ?? 'object';
}
