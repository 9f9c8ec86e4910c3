import { GuardedLogger } from 'nestjs-mainstay/resilience';
import { Counter, Gauge, Histogram, type MetricLimits } from './metric.js';
import type { MetricDefinition } from './metric-definition.js';
import { LABEL_OVERFLOWS } from './status-metrics.js';

/** Any metric of a registry. */
export type AnyMetric = Counter | Gauge | Histogram;

/**
 * The metrics of one application: each StatusModule has its own registry, so that several applications in one process,
 * and tests, do not see each other's numbers.
 */
export class MetricRegistry {
  readonly #logger = new GuardedLogger('Metrics');
  readonly #metrics = new Map<string, AnyMetric>();
  readonly #beforeScrape: (() => void)[] = [];
  readonly #overflowing = new Set<string>();
  readonly #limits: MetricLimits;
  readonly #overflows: Counter<'metric'>;

  /** @param maxLabelSets sets of names per metric before further ones become `_OTHER` */
  constructor(maxLabelSets = 200) {
    this.#limits = { maxLabelSets, onOverflow: (metric) => this.reportOverflow(metric) };
    this.#overflows = this.counter(LABEL_OVERFLOWS);
  }

  /** The counter of this definition; asking again gives the same one. */
  counter<Label extends string>(definition: MetricDefinition<Label>): Counter<Label> {
    return this.#obtain(definition, () => new Counter(definition, this.#limits));
  }

  /** The gauge of this definition; asking again gives the same one. */
  gauge<Label extends string>(definition: MetricDefinition<Label>): Gauge<Label> {
    return this.#obtain(definition, () => new Gauge(definition, this.#limits));
  }

  /** The histogram of this definition; asking again gives the same one. */
  histogram<Label extends string>(definition: MetricDefinition<Label>): Histogram<Label> {
    return this.#obtain(definition, () => new Histogram(definition, this.#limits));
  }

  /** Calls `update` before each scrape, to set gauges from state that is at hand; it must not do I/O. */
  beforeScrape(update: () => void): void {
    this.#beforeScrape.push(update);
  }

  /** The metrics with their current numbers. */
  collect(): readonly AnyMetric[] {
    for (const update of this.#beforeScrape) update();
    return [...this.#metrics.values()];
  }

  /** Counts names that found no place in `metric`; warns once per metric. */
  reportOverflow(metric: string): void {
    this.#overflows.bind({ metric }).increment();
    if (this.#overflowing.has(metric)) return;
    this.#overflowing.add(metric);
    this.#logger.warn(
      `${metric} has more than ${this.#limits.maxLabelSets} sets of labels; further ones are counted together as _OTHER. ` +
        'Names of resources and operations must be few and fixed; if yours are, raise STATUS_MAX_LABEL_SETS.',
    );
  }

  #obtain<M>(definition: MetricDefinition, create: () => M): M {
    const existing = this.#metrics.get(definition.name);
    if (existing) return existing as M;
    const metric = create();
    this.#metrics.set(definition.name, metric as AnyMetric);
    return metric;
  }
}
