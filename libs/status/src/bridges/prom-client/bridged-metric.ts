import type { Aggregator, MetricValue } from 'prom-client';
import type { HistogramCell } from '../../metrics/histogram-cell.js';
import type { Series } from '../../metrics/metric.js';
import type { MetricDefinition, MetricType } from '../../metrics/metric-definition.js';
import type { AnyMetric } from '../../metrics/metric-registry.js';
import { labelsOf, type SeriesLabels } from '../series-labels.js';
import { aggregatorOf } from './aggregator-of.js';

/** One number as prom-client wants to have it; parts of a histogram say of which name. */
type BridgedValue = MetricValue<string> & { readonly metricName?: string };

/** What a metric of prom-client answers. */
interface BridgedNumbers {
  readonly name: string;
  readonly help: string;
  readonly type: MetricType;
  readonly aggregator: Aggregator;
  readonly values: BridgedValue[];
}

/**
 * One of our metrics in the form in which a registry of prom-client keeps its own. It has no numbers: it reads them when
 * it is asked.
 */
export class BridgedMetric {
  readonly help: string;
  readonly type: MetricType;
  readonly aggregator: Aggregator;
  readonly #definition: MetricDefinition;
  readonly #find: (name: string) => AnyMetric | undefined;
  /** The name for the next answer only: the registry writes it before it asks for OpenMetrics. */
  #nameOnce: string | undefined;

  /** @param find the metric with its current numbers; `undefined` while nothing has been counted in it */
  constructor(definition: MetricDefinition, find: (name: string) => AnyMetric | undefined) {
    this.help = definition.help;
    this.type = definition.type;
    this.aggregator = aggregatorOf(definition);
    this.#definition = definition;
    this.#find = find;
  }

  get name(): string {
    return this.#definition.name;
  }

  set name(name: string) {
    this.#nameOnce = name;
  }

  /** The current numbers. */
  get(): Promise<BridgedNumbers> {
    const name = this.#nameOnce ?? this.name;
    this.#nameOnce = undefined;
    const { help, type, aggregator } = this;
    return Promise.resolve({ name, help, type, aggregator, values: this.#values() });
  }

  /** Does nothing: health and alerts live on the same numbers, which begin with the application and end with it. */
  reset(): void {}

  #values(): BridgedValue[] {
    const values: BridgedValue[] = [];
    for (const series of this.#find(this.name)?.series() ?? []) {
      const labels = labelsOf(series);
      const { cell } = series as Series<{ readonly value: number } | HistogramCell>;
      if ('value' in cell) values.push({ labels, value: cell.value });
      else pushHistogram(values, this.name, labels, cell);
    }
    return values;
  }
}

function pushHistogram(
  values: BridgedValue[],
  name: string,
  labels: SeriesLabels,
  cell: HistogramCell,
): void {
  const counts = cell.cumulated();
  for (const [bucket, bound] of [...cell.layout.bounds, '+Inf'].entries()) {
    values.push({
      metricName: `${name}_bucket`,
      labels: { ...labels, le: bound },
      value: counts[bucket] ?? 0,
    });
  }
  values.push({ metricName: `${name}_sum`, labels, value: cell.sum });
  values.push({ metricName: `${name}_count`, labels, value: counts.at(-1) ?? 0 });
}
