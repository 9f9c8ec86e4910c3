import type { ResourceRegistry } from 'nestjs-mainstay/resource';
import type { MetricRegistry } from '../metrics/metric-registry.js';
import { CIRCUIT_BREAKER_STATE, CIRCUIT_STATES, HEALTH_STATE } from '../metrics/status-metrics.js';
import type { HealthMonitor } from './health-monitor.js';
import { HEALTH_STATES } from './health-state.js';

/** Makes the health of resources and the state of their breakers visible in the metrics. */
export function publishHealth(
  metrics: MetricRegistry,
  monitor: HealthMonitor,
  registry: ResourceRegistry,
): void {
  const health = metrics.gauge(HEALTH_STATE);
  const circuits = metrics.gauge(CIRCUIT_BREAKER_STATE);
  metrics.beforeScrape(() => {
    for (const { name, state: current } of monitor.all()) {
      for (const state of HEALTH_STATES) {
        health.bind({ resource: name, state }).set(state === current ? 1 : 0);
      }
    }
    for (const { name, circuit } of registry.all()) {
      if (circuit === undefined) continue;
      for (const state of CIRCUIT_STATES) {
        circuits.bind({ resource: name, state }).set(state === circuit ? 1 : 0);
      }
    }
  });
}
