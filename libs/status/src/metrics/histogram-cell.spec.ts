import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HistogramCell } from './histogram-cell.js';
import { HistogramLayout } from './histogram-layout.js';
import { TIME_BUCKETS } from './status-metrics.js';

const layout = new HistogramLayout(TIME_BUCKETS);
/** Where percentiles are exact to 3.1 %: from 1/512 of the first bound to four times the last. */
const FINEST = 2 ** -20;
const LARGEST = 64;
const LARGEST_ERROR = 1 / 32;

const odd = [0, -0, -1, Number.NaN, Infinity, -Infinity, Number.MIN_VALUE, 2 ** -1030, 1e300];
const atBounds = TIME_BUCKETS.flatMap((bound) => [bound, up(bound), down(bound)]);
const anyTime = fc.oneof(
  fc.double({ min: FINEST, max: down(LARGEST), noNaN: true }),
  fc.integer({ min: 0, max: 100_000_000 }).map((us) => us / 1_000_000),
  fc.constantFrom(...atBounds),
);
const anyNumber = fc.oneof(anyTime, fc.double(), fc.constantFrom(...odd));

/** The next number above a positive one. */
function up(value: number): number {
  return value * (1 + Number.EPSILON);
}

/** A number just below a positive one. */
function down(value: number): number {
  return value * (1 - Number.EPSILON);
}

/** What a value counts as. */
function asTime(value: number): number {
  return value > 0 ? value : 0;
}

function filled(values: readonly number[], into = new HistogramCell(layout)): HistogramCell {
  for (const value of values) into.observe(value);
  return into;
}

function cumulated(cell: HistogramCell): number[] {
  return [...cell.cumulated()];
}

/** The nearest rank among the values themselves. */
function exactQuantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(1, Math.ceil(q * sorted.length)) - 1]!;
}

function expectNear(estimate: number | undefined, exact: number): void {
  if (exact < FINEST) expect(estimate).toBe(FINEST / 2);
  else if (exact >= LARGEST) expect(estimate).toBe(LARGEST);
  else expect(Math.abs(estimate! - exact)).toBeLessThanOrEqual(exact * LARGEST_ERROR);
}

describe('HistogramCell', () => {
  it('status rule 1: counts exactly what each upper bound includes, whatever the values are', () => {
    fc.assert(
      fc.property(fc.array(anyNumber), (values) => {
        const times = values.map(asTime);
        const expected = TIME_BUCKETS.map((bound) => times.filter((time) => time <= bound).length);
        expect(cumulated(filled(values))).toEqual([...expected, values.length]);
      }),
    );
  });

  it('status rule 1: puts each bound, and what lies next to it, on the right side', () => {
    for (const [index, bound] of TIME_BUCKETS.entries()) {
      const counts = cumulated(filled([down(bound), bound, up(bound)]));
      expect(counts.slice(0, index)).toEqual(counts.slice(0, index).fill(0));
      expect(counts.slice(index)).toEqual([2, ...counts.slice(index + 1).fill(3)]);
    }
  });

  it('status rule 1: knows percentiles within 3.1 %', () => {
    const share = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(fc.array(anyNumber, { minLength: 1 }), share, (values, q) => {
        expectNear(filled(values).quantile(q), exactQuantile(values.map(asTime), q));
      }),
    );
  });

  it('status rule 1: knows the percentiles of a span of time from two looks', () => {
    fc.assert(
      fc.property(fc.array(fc.array(anyTime)), (spans) => {
        const cell = new HistogramCell(layout);
        const since = new Float64Array(layout.slots);
        const between = new Float64Array(layout.slots);
        for (const values of spans) {
          filled(values, cell);
          expect(cell.countSince(since, between)).toBe(values.length);
          const p99 = cell.quantile(0.99, between);
          if (values.length === 0) expect(p99).toBeUndefined();
          else expectNear(p99, exactQuantile(values, 0.99));
        }
      }),
    );
  });

  it('status rule 1: takes 3.4 kB for the times of operations', () => {
    expect(layout.slots).toBe(432);
  });

  it('adds up times, and is not spoilt by what is none', () => {
    const cell = filled([0.5, 0.25, Number.NaN, -1, -Infinity]);
    expect([cell.count, cell.sum]).toEqual([5, 0.75]);
  });

  it('puts a time given in milliseconds at a bound into the bucket of that bound', () => {
    for (const [index, bound] of TIME_BUCKETS.entries()) {
      const cell = filled([Number((bound * 1_000).toFixed(3)) / 1_000]);
      expect(cumulated(cell).indexOf(1)).toBe(index);
    }
  });

  it('knows no percentile of nothing', () => {
    expect(new HistogramCell(layout).quantile(0.5)).toBeUndefined();
  });
});

describe('HistogramLayout', () => {
  it('status rule 1: counts exactly at bounds however close they are', () => {
    const bounds = fc.uniqueArray(fc.double({ min: 0.001, max: 1_000, noNaN: true }), {
      minLength: 1,
      maxLength: 30,
    });
    fc.assert(
      fc.property(bounds, fc.array(anyTime), (unsorted, values) => {
        const sorted = unsorted.toSorted((a, b) => a - b);
        const cell = filled([...values, ...sorted], new HistogramCell(new HistogramLayout(sorted)));
        const all = [...values, ...sorted];
        const expected = sorted.map((bound) => all.filter((value) => value <= bound).length);
        expect(cumulated(cell)).toEqual([...expected, all.length]);
      }),
    );
  });

  it.each([[[]], [[0, 1]], [[-1, 1]], [[2, 1]], [[1, 1]], [[1, Infinity]], [[Number.NaN]]])(
    'refuses the bounds %j',
    (bounds) => {
      expect(() => new HistogramLayout(bounds)).toThrow(/positive, finite and ascending/);
    },
  );
});
