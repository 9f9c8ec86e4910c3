import { GuardedLogger, ListenerErrors } from 'nestjs-mainstay/resilience';
import type { ResourceMetric, ResourceRegistry } from 'nestjs-mainstay/resource';
import type { CounterCell, GaugeCell } from '../metrics/cells.js';
import { METRIC_CATALOGUE } from '../metrics/metric-catalogue.js';
import { definitionOf, faultOf } from '../metrics/resource-metric-definition.js';
import type { MetricRegistry } from '../metrics/metric-registry.js';

/** Shows the metrics of resources: read when they are scraped, a call pays nothing. */
export function publishResources(
  metrics: MetricRegistry,
  registry: Pick<ResourceRegistry, 'all'>,
): void {
  const published = new PublishedMetrics(metrics);
  metrics.beforeScrape(() => {
    for (const { name, resource } of registry.all()) {
      for (const metric of resource.metrics) published.update(name, metric);
    }
  });
}

/** What resources give, each name with one meaning. */
class PublishedMetrics {
  readonly #metrics: MetricRegistry;
  readonly #logger = new GuardedLogger('Metrics');
  readonly #errors = new ListenerErrors('Metrics');
  readonly #byName = new Map(METRIC_CATALOGUE.map((own) => [own.name, own]));
  /** Whether a metric may be shown. */
  readonly #admitted = new WeakMap<ResourceMetric, boolean>();

  constructor(metrics: MetricRegistry) {
    this.#metrics = metrics;
  }

  update(resource: string, metric: ResourceMetric): void {
    if (!this.#isAdmitted(resource, metric)) return;
    for (const value of metric.label?.values ?? ['']) {
      this.#errors.guard(`The metric ${metric.name} of ${resource}`, () => {
        const now = metric.read(value);
        const labels = metric.label ? { resource, [metric.label.name]: value } : { resource };
        this.#set(metric, labels, now);
      });
    }
  }

  #set(metric: ResourceMetric, labels: Readonly<Record<string, string>>, now: number): void {
    const definition = definitionOf(metric);
    if (metric.type === 'gauge') {
      const cell: GaugeCell = this.#metrics.gauge(definition).bind(labels);
      cell.set(now);
      return;
    }
    const cell: CounterCell = this.#metrics.counter(definition).bind(labels);
    // A resource that was made anew counts from 0; what it counts from then on comes on top when it is more.
    if (now > cell.value) cell.increment(now - cell.value);
  }

  #isAdmitted(resource: string, metric: ResourceMetric): boolean {
    let isAdmitted = this.#admitted.get(metric);
    if (isAdmitted === undefined) {
      isAdmitted = this.#admit(resource, metric);
      this.#admitted.set(metric, isAdmitted);
    }
    return isAdmitted;
  }

  #admit(resource: string, metric: ResourceMetric): boolean {
    const definition = definitionOf(metric);
    const fault = faultOf(definition, this.#byName.get(metric.name));
    if (fault !== undefined) {
      this.#logger.error(`${resource}: its metric ${metric.name} is not shown: ${fault}`);
      return false;
    }
    this.#byName.set(metric.name, definition);
    return true;
  }
}
