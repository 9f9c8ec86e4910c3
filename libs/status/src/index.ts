export { HEALTH_CHANNEL, type HealthMessage } from './health/health-channel.js';
export type { HealthState, ResourceHealth } from './health/health-state.js';
export type { HealthGroupOptions } from './health/health-groups.js';
export type { Incident, IncidentState } from './health/incident.js';
export { IncidentLog } from './health/incident-log.js';
export { HealthMonitor } from './health/health-monitor.js';
export { Liveness, type LivenessReport } from './health/liveness.js';
export { ResourceHealthIndicator } from './health/resource.health-indicator.js';
export { metricCatalogue } from './metrics/metric-catalogue.js';
export type { LabelDomain, MetricDefinition, MetricType } from './metrics/metric-definition.js';
export { ErrorMonitor } from './monitors/error-monitor.js';
export { PerformanceMonitor } from './monitors/performance-monitor.js';
export type { RunningOperation } from './running-operation.js';
export {
  statusConfig,
  type RoutePath,
  type StatusConfig,
  type StatusDetails,
} from './status.config.js';
export { HealthGroupsError, ManagementPortError, ProbeTimeoutError } from './status.errors.js';
export { StatusInterceptor } from './status.interceptor.js';
export { StatusModule } from './status.module.js';
export type {
  AuthorizeStatusRequest,
  StatusModuleAsyncOptions,
  StatusModuleOptions,
} from './status.options.js';
export { StatusManager } from './status.service.js';
