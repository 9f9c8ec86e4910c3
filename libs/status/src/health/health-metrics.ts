import type { MetricRegistry } from '../metrics/metric-registry.js';
import { HEALTH_STATE } from '../metrics/status-metrics.js';
import type { HealthMonitor } from './health-monitor.js';
import { HEALTH_STATES } from './health-state.js';

/** Makes the health of resources visible in the metrics. */
export function publishHealth(metrics: MetricRegistry, monitor: HealthMonitor): void {
  const health = metrics.gauge(HEALTH_STATE);
  metrics.beforeScrape(() => {
    for (const { name, state: current } of monitor.all()) {
      for (const state of HEALTH_STATES) {
        health.bind({ resource: name, state }).set(state === current ? 1 : 0);
      }
    }
  });
}
