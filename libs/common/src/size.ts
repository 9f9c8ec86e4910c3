const UNITS: Readonly<Record<string, number>> = {
  b: 1,
  kb: 1_000,
  mb: 1_000_000,
  gb: 1_000_000_000,
  kib: 1_024,
  mib: 1_048_576,
  gib: 1_073_741_824,
};

/**
 * Reads a size: a number of bytes, or a number with a unit (`B`, `kB`, `MB`, `GB`, `KiB`, `MiB`, `GiB`; any case).
 * @returns whole bytes, or `undefined` when the text is no size
 * @example
 * parseSize('10MiB') // 10_485_760
 */
export function parseSize(value: string | number): number | undefined {
  if (typeof value === 'number') return value >= 0 ? Math.floor(value) : undefined;
  const match = /^\s*(\d+(?:\.\d+)?)\s*([kmg]i?b|b)?\s*$/i.exec(value);
  if (!match) return undefined;
  const bytes = Number(match[1]) * (UNITS[(match[2] ?? 'b').toLowerCase()] as number);
  return Math.floor(withoutNoise(bytes));
}

/** Binary fractions make 2.01 MB 2,009,999.9999999998 bytes. */
function withoutNoise(value: number): number {
  return Number(value.toPrecision(15));
}

/**
 * Writes a size for people.
 * @example
 * formatSize(10_485_760) // '10 MiB'
 */
export function formatSize(bytes: number): string {
  for (const [unit, size] of [
    ['GiB', 1_073_741_824],
    ['MiB', 1_048_576],
    ['KiB', 1_024],
  ] as const) {
    if (bytes >= size) return `${Number((bytes / size).toFixed(1))} ${unit}`;
  }
  return `${bytes} B`;
}
