import type { Provider } from '@nestjs/common';
import { Clock } from 'nestjs-mainstay/common';
import { ConfigLoader } from 'nestjs-mainstay/config';
import { OPERATION_RECORDER } from 'nestjs-mainstay/resilience';
import { Operations, ResourceRegistry } from 'nestjs-mainstay/resource';
import { HealthGroups } from './health/health-groups.js';
import { publishHealth } from './health/health-metrics.js';
import { HealthMonitor } from './health/health-monitor.js';
import { Liveness } from './health/liveness.js';
import { ResourceHealthIndicator } from './health/resource.health-indicator.js';
import { IncidentLog } from './health/incident-log.js';
import { StatusHistory } from './history/status-history.js';
import { MetricRegistry } from './metrics/metric-registry.js';
import { ErrorMonitor } from './monitors/error-monitor.js';
import { PerformanceMonitor } from './monitors/performance-monitor.js';
import { publishPipelines } from './monitors/publish-pipelines.js';
import { publishResources } from './monitors/publish-resources.js';
import { ResourceUsage } from './monitors/resource-usage.js';
import { liveProviders, routeProviders } from './routes/route-providers.js';
import { GracefulShutdown } from './shutdown/graceful-shutdown.js';
import type { StatusConfig } from './status.config.js';
import { StatusInterceptor } from './status.interceptor.js';
import { StatusLogger } from './status-logger.js';
import {
  resolveStatusOptions,
  type ResolvedStatusOptions,
  type StatusModuleOptions,
} from './status.options.js';
import { StatusManager } from './status.service.js';
import { STATUS_CONFIG, STATUS_MODULE_OPTIONS, STATUS_OPTIONS } from './status.tokens.js';

/** Everything that StatusModule is made of. */
export function statusProviders(): Provider[] {
  return [...recordingProviders(), ...healthProviders(), ...routeProviders(), ...liveProviders()];
}

function recordingProviders(): Provider[] {
  return [
    {
      provide: STATUS_OPTIONS,
      inject: [STATUS_CONFIG, STATUS_MODULE_OPTIONS, ConfigLoader],
      useFactory: (
        config: StatusConfig,
        { authorize }: StatusModuleOptions,
        { isProduction }: ConfigLoader,
      ) => resolveStatusOptions(config, authorize, isProduction),
    },
    {
      provide: MetricRegistry,
      inject: [STATUS_OPTIONS],
      useFactory: (options: ResolvedStatusOptions) => new MetricRegistry(options.maxLabelSets),
    },
    {
      provide: StatusLogger,
      inject: [Clock],
      useFactory: (clock: Clock) => new StatusLogger(clock),
    },
    {
      provide: StatusManager,
      inject: [Clock, MetricRegistry, StatusLogger, STATUS_OPTIONS],
      useFactory: createStatusManager,
    },
    { provide: OPERATION_RECORDER, useExisting: StatusManager },
    StatusInterceptor,
  ];
}

function createStatusManager(
  clock: Clock,
  metrics: MetricRegistry,
  logger: StatusLogger,
  options: ResolvedStatusOptions,
): StatusManager {
  const performance = new PerformanceMonitor(metrics, new ResourceUsage(metrics, clock));
  const errors = new ErrorMonitor(metrics, logger, clock);
  const incidents = new IncidentLog(clock);
  const maxOperations = options.maxLabelSets;
  return new StatusManager({
    clock,
    metrics,
    performance,
    errors,
    incidents,
    logger,
    maxOperations,
  });
}

function healthProviders(): Provider[] {
  return [
    {
      provide: HealthMonitor,
      inject: [
        Clock,
        ResourceRegistry,
        Operations,
        StatusManager,
        StatusLogger,
        MetricRegistry,
        STATUS_OPTIONS,
      ],
      useFactory: createHealthMonitor,
    },
    {
      provide: StatusHistory,
      inject: [Clock, StatusManager, HealthMonitor],
      useFactory: (clock: Clock, status: StatusManager, health: HealthMonitor) =>
        new StatusHistory({ clock, status, health }),
    },
    ResourceHealthIndicator,
    {
      provide: Liveness,
      inject: [Clock, STATUS_OPTIONS],
      useFactory: (clock: Clock, { maxStall }: ResolvedStatusOptions) =>
        new Liveness(clock, maxStall),
    },
    {
      provide: HealthGroups,
      inject: [STATUS_MODULE_OPTIONS, ResourceRegistry],
      useFactory: ({ groups = {} }: StatusModuleOptions, registry: ResourceRegistry) =>
        new HealthGroups(groups, registry),
    },
    {
      provide: GracefulShutdown,
      inject: [Clock, STATUS_OPTIONS],
      useFactory: (clock: Clock, options: ResolvedStatusOptions) =>
        new GracefulShutdown(clock, options.drainDelayMs),
    },
  ];
}

function createHealthMonitor(
  clock: Clock,
  registry: ResourceRegistry,
  operations: Operations,
  { performance, errors, incidents }: StatusManager,
  logger: StatusLogger,
  metrics: MetricRegistry,
  options: ResolvedStatusOptions,
): HealthMonitor {
  const probes = { intervalMs: options.probeInterval, timeoutMs: options.probeTimeout };
  const breakerOf = (resource: string) => operations.find(resource)?.breaker;
  const parts = { clock, registry, performance, errors, incidents, logger, probes, breakerOf };
  const monitor = new HealthMonitor(parts);
  publishHealth(metrics, monitor);
  publishPipelines(metrics, operations);
  publishResources(metrics, registry);
  return monitor;
}
