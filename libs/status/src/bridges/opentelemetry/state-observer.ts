import type { OnApplicationBootstrap, OnApplicationShutdown } from '@nestjs/common';
import type { Attributes, BatchObservableResult, Meter, Observable } from '@opentelemetry/api';
import type { HistogramCell } from '../../metrics/histogram-cell.js';
import type { Series } from '../../metrics/metric.js';
import { METRIC_CATALOGUE } from '../../metrics/metric-catalogue.js';
import type { MetricRegistry } from '../../metrics/metric-registry.js';
import { labelsOf } from '../series-labels.js';
import { ATTRIBUTES } from './attributes.js';
import { OBSERVED_STATES, stateOf, type ObservedState } from './observed-states.js';

/** Labels that have a name of their own as attributes. */
const NAMES: Readonly<Record<string, string>> = {
  resource: ATTRIBUTES.resource,
  operation: ATTRIBUTES.operation,
};

/** Answers a reader of metrics from the state that StatusModule keeps; an operation pays nothing for it. */
export class StateObserver implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #metrics: MetricRegistry;
  readonly #meter: Meter;
  readonly #instruments = new Map<string, Observable>();
  readonly #attributes = new WeakMap<Series<unknown>, Attributes>();
  readonly #observe = (result: BatchObservableResult): void => this.#observeAll(result);

  constructor(metrics: MetricRegistry, meter: Meter) {
    this.#metrics = metrics;
    this.#meter = meter;
    for (const state of OBSERVED_STATES) this.#add(state);
  }

  /** Now the resources are known, and with them their own metrics. */
  onApplicationBootstrap(): void {
    const own = new Set(METRIC_CATALOGUE.map(({ name }) => name));
    for (const { definition } of this.#metrics.collect()) {
      if (!own.has(definition.name)) this.#add(stateOf(definition));
    }
    this.#meter.addBatchObservableCallback(this.#observe, [...this.#instruments.values()]);
  }

  /** What has ended has no state. */
  onApplicationShutdown(): void {
    this.#meter.removeBatchObservableCallback(this.#observe, [...this.#instruments.values()]);
  }

  #add(state: ObservedState): void {
    this.#instruments.set(state.metric.name, createInstrument(this.#meter, state));
  }

  #observeAll(result: BatchObservableResult): void {
    for (const metric of this.#metrics.collect()) {
      const instrument = this.#instruments.get(metric.definition.name);
      if (!instrument) continue;
      for (const series of metric.series()) {
        const { cell } = series as Series<{ readonly value: number } | HistogramCell>;
        if ('value' in cell) result.observe(instrument, cell.value, this.#attributesOf(series));
      }
    }
  }

  #attributesOf(series: Series<unknown>): Attributes {
    let attributes = this.#attributes.get(series);
    if (!attributes) {
      const labels = Object.entries(labelsOf(series));
      attributes = Object.fromEntries(
        labels.map(([label, value]) => [NAMES[label] ?? `mainstay.${label}`, value]),
      );
      this.#attributes.set(series, attributes);
    }
    return attributes;
  }
}

function createInstrument(
  meter: Meter,
  { name, unit, instrument, metric }: ObservedState,
): Observable {
  const options = { unit, description: metric.help };
  if (instrument === 'counter') return meter.createObservableCounter(name, options);
  if (instrument === 'gauge') return meter.createObservableGauge(name, options);
  return meter.createObservableUpDownCounter(name, options);
}
