import { Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import type { Metric, Registry } from 'prom-client';
import { METRIC_CATALOGUE } from '../../metrics/metric-catalogue.js';
import type { MetricDefinition } from '../../metrics/metric-definition.js';
import type { AnyMetric, MetricRegistry } from '../../metrics/metric-registry.js';
import { BridgedMetric } from './bridged-metric.js';
import { MetricNameTakenError } from './prom-client.errors.js';

/** Metrics of the process, which prom-client can collect itself. */
const PROCESS_METRIC = /^(?:process|nodejs)_/;

/** Shows the metrics of a {@link MetricRegistry} in a registry of prom-client, from the start of the application to its end. */
export class PromClientBridge implements OnModuleInit, OnApplicationShutdown {
  readonly #logger = new Logger('PromClient');
  readonly #metrics: MetricRegistry;
  readonly #registry: Registry;
  readonly #withProcess: boolean;
  /** By name; what was refused is `undefined`. */
  readonly #bridged = new Map<string, BridgedMetric | undefined>();
  /** The metrics of a scrape that goes on, by name. */
  #collected: ReadonlyMap<string, AnyMetric> | undefined;
  #isEnded = false;

  constructor(metrics: MetricRegistry, registry: Registry, withProcess: boolean) {
    this.#metrics = metrics;
    this.#registry = registry;
    this.#withProcess = withProcess;
  }

  /** @throws MetricNameTakenError when the registry has other metrics of the same names */
  onModuleInit(): void {
    const definitions = METRIC_CATALOGUE.filter((definition) => this.#isNew(definition));
    const taken = definitions.map(({ name }) => name).filter((name) => this.#isTaken(name));
    if (taken.length > 0) throw new MetricNameTakenError(taken);
    for (const definition of definitions) this.#register(definition);
  }

  /** Leaves the registry as it was before. */
  onApplicationShutdown(): void {
    this.#isEnded = true;
    for (const [name, bridged] of this.#bridged) {
      if (bridged && this.#find(name) === bridged) this.#registry.removeSingleMetric(name);
    }
    this.#bridged.clear();
  }

  /** Collects once for all metrics of a scrape: prom-client asks them in one turn of the event loop. */
  #collect(): ReadonlyMap<string, AnyMetric> {
    if (this.#collected) return this.#collected;
    const metrics = this.#metrics.collect();
    this.#collected = new Map(metrics.map((metric) => [metric.definition.name, metric]));
    queueMicrotask(() => {
      this.#collected = undefined;
    });
    this.#addUnknown(metrics);
    return this.#collected;
  }

  /** Metrics that are not in the list of Mainstay's own are in the next scrape. */
  #addUnknown(metrics: readonly AnyMetric[]): void {
    for (const { definition } of metrics) {
      if (!this.#isNew(definition)) continue;
      if (this.#isTaken(definition.name)) this.#refuse(definition.name);
      else this.#register(definition);
    }
  }

  #isNew({ name }: MetricDefinition): boolean {
    return (
      !this.#isEnded &&
      !this.#bridged.has(name) &&
      (this.#withProcess || !PROCESS_METRIC.test(name))
    );
  }

  #register(definition: MetricDefinition): void {
    const bridged = new BridgedMetric(definition, (name) => this.#collect().get(name));
    this.#bridged.set(definition.name, bridged);
    // The registry asks of a metric what BridgedMetric has; its types only know the library's own classes.
    this.#registry.registerMetric(bridged as unknown as Metric);
  }

  #refuse(name: string): void {
    this.#bridged.set(name, undefined);
    this.#logger.error(new MetricNameTakenError([name]).message);
  }

  #isTaken(name: string): boolean {
    return this.#find(name) !== undefined;
  }

  /** Its types promise a metric for every name. */
  #find(name: string): unknown {
    return this.#registry.getSingleMetric(name);
  }
}
