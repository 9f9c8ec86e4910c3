import type { GracefulShutdown } from '../shutdown/graceful-shutdown.js';
import type { HealthMonitor } from './health-monitor.js';

/** Whether an instance takes traffic, and if not, why. */
export type Readiness = 'ok' | 'starting' | 'draining' | 'down';

/**
 * An instance takes no traffic before its start has ended, from the first moment of its shutdown, and while a critical
 * resource is down. A resource that is not critical changes nothing: an outage of something shared would otherwise take
 * every instance away at once.
 */
export function judgeReadiness(
  shutdown: Pick<GracefulShutdown, 'isDraining' | 'hasStarted'>,
  health: Pick<HealthMonitor, 'isCriticalDown'>,
): Readiness {
  if (shutdown.isDraining) return 'draining';
  if (!shutdown.hasStarted) return 'starting';
  return health.isCriticalDown() ? 'down' : 'ok';
}
