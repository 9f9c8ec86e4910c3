const UNITS_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** Units that a duration for people is written in from one of them on. */
const LARGE_UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
] as const;

/**
 * Reads a duration: a number of milliseconds, or a number with a unit (`ms`, `s`, `m`, `h`, `d`).
 * @returns milliseconds, or `undefined` when the text is no duration
 * @example
 * parseDuration('5m') // 300_000
 */
export function parseDuration(value: string | number): number | undefined {
  if (typeof value === 'number') return value >= 0 ? value : undefined;
  const match = /^\s*(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)?\s*$/.exec(value);
  if (!match) return undefined;
  const durationMs = Number(match[1]) * (UNITS_MS[match[2] ?? 'ms'] as number);
  // Binary fractions make 0.07 h 252,000.00000000003 ms.
  return Number(durationMs.toPrecision(15));
}

/**
 * Writes a duration for people, in the largest unit that fits.
 * @example
 * formatDuration(1530) // '1.5 s'
 */
export function formatDuration(durationMs: number): string {
  if (durationMs < 10) return `${Number(durationMs.toFixed(1))} ms`;
  if (durationMs < 1_000) return `${Math.round(durationMs)} ms`;
  for (const [unit, sizeMs] of LARGE_UNITS) {
    if (durationMs >= sizeMs) return `${Number((durationMs / sizeMs).toFixed(1))} ${unit}`;
  }
  return `${Number((durationMs / 1_000).toFixed(1))} s`;
}
