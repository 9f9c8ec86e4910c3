const DURATIONS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
] as const;
const SIZES = [
  ['GiB', 1_073_741_824],
  ['MiB', 1_048_576],
  ['KiB', 1_024],
] as const;

/**
 * Writes a value the way one would set it in the environment.
 * @example
 * formatValue(300_000, 'duration') // '5m'
 */
export function formatValue(value: unknown, type: string): string {
  if (Array.isArray(value)) return value.map((item) => formatValue(item, 'any')).join(',');
  if (typeof value === 'number' && Number.isFinite(value)) return formatNumber(value, type);
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value);
}

function formatNumber(value: number, type: string): string {
  const units = type === 'duration' ? DURATIONS : type === 'size' ? SIZES : [];
  const fit = units.find(([, size]) => value > 0 && value % size === 0);
  if (fit !== undefined) return `${value / fit[1]}${fit[0]}`;
  const smallest = type === 'duration' ? 'ms' : type === 'size' ? 'B' : '';
  return value > 0 ? value + smallest : String(value);
}
