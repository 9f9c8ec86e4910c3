import { constants, PerformanceObserver, type PerformanceEntry } from 'node:perf_hooks';
import type { HistogramCell } from '../metrics/histogram-cell.js';
import type { MetricRegistry } from '../metrics/metric-registry.js';
import { GC_DURATION, GC_KINDS } from '../metrics/process-metrics.js';

type GcKind = (typeof GC_KINDS)[number];

const KIND_OF: Readonly<Record<number, GcKind>> = {
  [constants.NODE_PERFORMANCE_GC_MAJOR]: 'major',
  [constants.NODE_PERFORMANCE_GC_MINOR]: 'minor',
  [constants.NODE_PERFORMANCE_GC_INCREMENTAL]: 'incremental',
  [constants.NODE_PERFORMANCE_GC_WEAKCB]: 'weakcb',
};

interface Collection extends PerformanceEntry {
  readonly detail?: { readonly kind?: number };
}

/** Times the garbage collections of the process. */
export class GarbageCollection {
  readonly #series: Readonly<Record<GcKind, HistogramCell>>;
  readonly #observer = new PerformanceObserver((list) => this.#count(list.getEntries()));
  #collectedMs = 0;

  constructor(metrics: MetricRegistry) {
    const durations = metrics.histogram(GC_DURATION);
    const bound = GC_KINDS.map((kind) => [kind, durations.bind({ kind })] as const);
    this.#series = Object.fromEntries(bound) as Record<GcKind, HistogramCell>;
  }

  start(): void {
    this.#observer.observe({ entryTypes: ['gc'] });
  }

  stop(): void {
    this.#observer.disconnect();
  }

  /** The time since it was asked last, in milliseconds. */
  takeMs(): number {
    this.#count(this.#observer.takeRecords());
    const collectedMs = this.#collectedMs;
    this.#collectedMs = 0;
    return collectedMs;
  }

  #count(collections: readonly PerformanceEntry[]): void {
    for (const { duration, detail } of collections as readonly Collection[]) {
      this.#collectedMs += duration;
      this.#series[KIND_OF[detail?.kind ?? -1] ?? 'major'].observe(duration / 1_000);
    }
  }
}
