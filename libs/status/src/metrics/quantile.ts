import type { HistogramCell } from './cells.js';

/**
 * Estimates a quantile by linear interpolation inside its bucket, as Prometheus's `histogram_quantile` does.
 * @returns `undefined` when nothing was counted; the last bound for values beyond it
 */
export function quantile(histogram: HistogramCell, q: number): number | undefined {
  const { bounds, count } = histogram;
  if (count === 0) return undefined;
  const rank = q * count;
  let below = 0;
  for (let bucket = 0; bucket < bounds.length; bucket++) {
    const inside = histogram.countIn(bucket);
    if (inside > 0 && below + inside >= rank) {
      const lower = bucket === 0 ? 0 : bounds[bucket - 1]!;
      return lower + (bounds[bucket]! - lower) * ((rank - below) / inside);
    }
    below += inside;
  }
  return bounds.at(-1);
}
