import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CounterCell, HistogramCell } from './cells.js';
import { quantile } from './quantile.js';
import { TIME_BUCKETS } from './status-metrics.js';

const bounds = Float64Array.from(TIME_BUCKETS);

describe('CounterCell', () => {
  it('adds up', () => {
    const cell = new CounterCell();
    cell.increment();
    cell.increment(2.5);
    expect(cell.value).toBe(3.5);
  });
});

describe('HistogramCell', () => {
  it('status rule 1: counts exactly what each upper bound includes', () => {
    const times = fc.array(
      fc.oneof(
        fc.double({ min: 0, max: 20, noNaN: true }),
        fc.constantFrom(...TIME_BUCKETS.flatMap((bound) => [bound, bound * 1.000001])),
      ),
    );
    fc.assert(
      fc.property(times, (values) => {
        const cell = new HistogramCell(bounds);
        values.forEach((value) => cell.observe(value));
        let cumulative = 0;
        for (const [bucket, bound] of TIME_BUCKETS.entries()) {
          cumulative += cell.countIn(bucket);
          expect(cumulative).toBe(values.filter((value) => value <= bound).length);
        }
        expect(cell.count).toBe(values.length);
      }),
    );
  });

  it('puts a time given in milliseconds at a bound into the bucket of that bound', () => {
    for (const [bucket, bound] of TIME_BUCKETS.entries()) {
      const cell = new HistogramCell(bounds);
      cell.observe(Number((bound * 1_000).toFixed(3)) / 1_000);
      expect(cell.countIn(bucket)).toBe(1);
    }
  });

  it('is not spoilt by values that are no times', () => {
    const cell = new HistogramCell(bounds);
    cell.observe(Number.NaN);
    cell.observe(-1);
    expect([cell.count, cell.sum]).toEqual([2, 0]);
  });
});

describe('quantile', () => {
  it('interpolates inside the bucket', () => {
    const cell = new HistogramCell(Float64Array.of(1, 2, 4));
    for (const value of [0.5, 1.5, 1.5, 3]) cell.observe(value);
    expect(quantile(cell, 0.5)).toBe(1.5);
    expect(quantile(cell, 1)).toBe(4);
  });

  it('knows nothing of nothing, and no more than the last bound', () => {
    const cell = new HistogramCell(Float64Array.of(1, 2));
    expect(quantile(cell, 0.5)).toBeUndefined();
    cell.observe(100);
    expect(quantile(cell, 0.5)).toBe(2);
  });
});
