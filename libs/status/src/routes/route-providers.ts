import type { Provider } from '@nestjs/common';
import { Clock } from 'nestjs-mainstay/common';
import { Operations, ResourceRegistry } from 'nestjs-mainstay/resource';
import { HealthCheckService } from '@nestjs/terminus';
import { HealthGroups } from '../health/health-groups.js';
import { HealthMonitor } from '../health/health-monitor.js';
import { Liveness } from '../health/liveness.js';
import { ResourceHealthIndicator } from '../health/resource.health-indicator.js';
import { StatusHistory } from '../history/status-history.js';
import { MetricRegistry } from '../metrics/metric-registry.js';
import { EventsRoute } from './events-route.js';
import { HealthRoute } from './health-route.js';
import { ManagementRoutes } from './management-routes.js';
import { ManagementServer } from './management-server.js';
import { ProbeRoutes } from './probe-routes.js';
import { StatusAccess } from './status-access.js';
import { StatusEvents } from './status-events.js';
import { StatusReporter } from './status-report.js';
import { StatusRoute } from './status-route.js';
import { GracefulShutdown } from '../shutdown/graceful-shutdown.js';
import { type ResolvedStatusOptions } from '../status.options.js';
import { StatusManager } from '../status.service.js';
import { STATUS_OPTIONS } from '../status.tokens.js';

/** The routes of StatusModule and what decides about them. */
export function routeProviders(): Provider[] {
  return [
    {
      provide: StatusAccess,
      inject: [STATUS_OPTIONS],
      useFactory: (options: ResolvedStatusOptions) => new StatusAccess(options),
    },
    {
      provide: ProbeRoutes,
      inject: [
        Clock,
        MetricRegistry,
        HealthMonitor,
        Liveness,
        GracefulShutdown,
        StatusAccess,
        STATUS_OPTIONS,
      ],
      useFactory: (
        clock: Clock,
        metrics: MetricRegistry,
        health: HealthMonitor,
        liveness: Liveness,
        shutdown: GracefulShutdown,
        access: StatusAccess,
        options: ResolvedStatusOptions,
      ) => new ProbeRoutes({ clock, metrics, health, liveness, shutdown, access, options }),
    },
    {
      provide: StatusReporter,
      inject: [
        Clock,
        StatusManager,
        HealthMonitor,
        StatusHistory,
        ResourceRegistry,
        Liveness,
        Operations,
        GracefulShutdown,
      ],
      useFactory: (
        clock: Clock,
        status: StatusManager,
        health: HealthMonitor,
        history: StatusHistory,
        registry: ResourceRegistry,
        liveness: Liveness,
        operations: Operations,
        shutdown: GracefulShutdown,
      ) =>
        new StatusReporter({
          clock,
          status,
          health,
          history,
          registry,
          liveness,
          operations,
          shutdown,
        }),
    },
    {
      provide: StatusRoute,
      inject: [StatusReporter, StatusAccess],
      useFactory: (reporter: StatusReporter, access: StatusAccess) =>
        new StatusRoute(reporter, access),
    },
    {
      provide: HealthRoute,
      inject: [HealthCheckService, ResourceHealthIndicator, HealthGroups, StatusAccess],
      useFactory: (
        terminus: HealthCheckService,
        resources: ResourceHealthIndicator,
        groups: HealthGroups,
        access: StatusAccess,
      ) => new HealthRoute(terminus, resources, groups, access),
    },
  ];
}

/** What lives beside the requests: the streams of events and the management port. */
export function liveProviders(): Provider[] {
  return [
    {
      provide: StatusEvents,
      inject: [Clock, HealthMonitor, Operations, StatusReporter, GracefulShutdown, STATUS_OPTIONS],
      useFactory: (
        clock: Clock,
        health: HealthMonitor,
        operations: Operations,
        reporter: StatusReporter,
        shutdown: GracefulShutdown,
        { maxEventClients: maxClients }: ResolvedStatusOptions,
      ) => new StatusEvents({ clock, health, operations, reporter, shutdown, maxClients }),
    },
    {
      provide: EventsRoute,
      inject: [StatusEvents, StatusAccess],
      useFactory: (events: StatusEvents, access: StatusAccess) => new EventsRoute(events, access),
    },
    {
      provide: ManagementRoutes,
      inject: [ProbeRoutes, HealthRoute, HealthGroups, StatusRoute, EventsRoute, STATUS_OPTIONS],
      useFactory: (
        probes: ProbeRoutes,
        health: HealthRoute,
        groups: HealthGroups,
        status: StatusRoute,
        events: EventsRoute,
        options: ResolvedStatusOptions,
      ) => new ManagementRoutes({ probes, health, groups, status, events, options }),
    },
    {
      provide: ManagementServer,
      inject: [Clock, ManagementRoutes, STATUS_OPTIONS],
      useFactory: (
        clock: Clock,
        routes: ManagementRoutes,
        { managementPort: port, managementHost: host }: ResolvedStatusOptions,
      ) => new ManagementServer(clock, port === undefined ? undefined : { port, host }, routes),
    },
  ];
}
