import {
  Inject,
  Module,
  type DynamicModule,
  type NestModule,
  type Provider,
  type Type,
} from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { TerminusModule } from '@nestjs/terminus';
import { ClockModule } from 'nestjs-mainstay/common';
import { ConfigModule, ConfigRequest, provideConfig } from 'nestjs-mainstay/config';
import { OPERATION_RECORDER } from 'nestjs-mainstay/resilience';
import { ResourceModule } from 'nestjs-mainstay/resource';
import { HealthGroups } from './health/health-groups.js';
import { HealthMonitor } from './health/health-monitor.js';
import { Liveness } from './health/liveness.js';
import { ResourceHealthIndicator } from './health/resource.health-indicator.js';
import { MetricRegistry } from './metrics/metric-registry.js';
import { createEventsController } from './routes/events.controller.js';
import { createHealthController } from './routes/health.controller.js';
import {
  mountController,
  mountGroups,
  type GroupController,
  type OneRouteController,
} from './routes/mount-controller.js';
import { ProbeRoutes } from './routes/probe-routes.js';
import { createStatusController } from './routes/status.controller.js';
import { GracefulShutdown } from './shutdown/graceful-shutdown.js';
import { statusConfig } from './status.config.js';
import { StatusInterceptor } from './status.interceptor.js';
import type {
  ResolvedStatusOptions,
  StatusModuleAsyncOptions,
  StatusModuleOptions,
} from './status.options.js';
import { statusProviders } from './status.providers.js';
import { StatusManager } from './status.service.js';
import {
  STATUS_CONFIG,
  STATUS_CONTROLLERS,
  STATUS_MODULE_OPTIONS,
  STATUS_OPTIONS,
} from './status.tokens.js';

/** The controllers of one module instance. */
export interface StatusControllers {
  readonly health: Type<GroupController>;
  readonly status: Type<OneRouteController>;
  readonly events: Type<OneRouteController>;
}

/**
 * Records operations, watches the health of resources, and shows both: `/livez`, `/readyz`, `/startupz`, `/metrics`,
 * `/health`, `/status.json`, `/status/events`. Global: import it once, in the root module.
 *
 * @example
 * \@Module({ imports: [StatusModule.forRoot()] })
 * export class AppModule {}
 */
@Module({})
export class StatusModule implements NestModule {
  readonly #host: HttpAdapterHost;
  readonly #routes: ProbeRoutes;
  readonly #shutdown: GracefulShutdown;
  readonly #options: ResolvedStatusOptions;
  readonly #controllers: StatusControllers;
  readonly #groups: HealthGroups;

  constructor(
    host: HttpAdapterHost,
    routes: ProbeRoutes,
    shutdown: GracefulShutdown,
    @Inject(STATUS_OPTIONS) options: ResolvedStatusOptions,
    @Inject(STATUS_CONTROLLERS) controllers: StatusControllers,
    groups: HealthGroups,
  ) {
    this.#host = host;
    this.#routes = routes;
    this.#shutdown = shutdown;
    this.#options = options;
    this.#controllers = controllers;
    this.#groups = groups;
  }

  /** Options in code win over `STATUS_*`. */
  static forRoot(options: StatusModuleOptions = {}): DynamicModule {
    const request = new ConfigRequest(statusConfig, { overrides: options.config });
    return assemble(
      [],
      [
        { provide: STATUS_MODULE_OPTIONS, useValue: options },
        ...provideConfig(STATUS_CONFIG, request),
      ],
    );
  }

  /** The same options, made by a factory. */
  static forRootAsync(options: StatusModuleAsyncOptions): DynamicModule {
    return assemble(options.imports ?? [], [
      {
        provide: STATUS_MODULE_OPTIONS,
        inject: [...(options.inject ?? [])],
        useFactory: options.useFactory,
      },
      ...provideConfig(STATUS_CONFIG, new ConfigRequest(statusConfig), {
        inject: [STATUS_MODULE_OPTIONS],
        useFactory: ({ config }: StatusModuleOptions) => config,
      }),
    ]);
  }

  /** Registers the routes; NestJS calls it after everything was built and before controllers are routed. @internal */
  configure(): void {
    const adapter = this.#host.httpAdapter;
    this.#shutdown.attach(adapter);
    const { managementPort, probesOnMainPort, healthPath, jsonPath, eventsPath } = this.#options;
    if (managementPort !== undefined) {
      this.#shutdown.awaitListening(adapter);
      if (probesOnMainPort) this.#routes.registerProbes(adapter);
      return;
    }
    this.#routes.register(adapter);
    mountController(this.#controllers.health, healthPath);
    mountGroups(this.#controllers.health, this.#groups.names);
    mountController(this.#controllers.status, jsonPath);
    mountController(this.#controllers.events, eventsPath);
  }
}

function assemble(imports: NonNullable<DynamicModule['imports']>, own: Provider[]): DynamicModule {
  const controllers: StatusControllers = {
    health: createHealthController(),
    status: createStatusController(),
    events: createEventsController(),
  };
  return {
    module: StatusModule,
    global: true,
    // A private instance: the application's own TerminusModule and its options are untouched. Without a logger, since
    // Terminus logs each failing request and transitions are logged already.
    imports: [
      ClockModule,
      ConfigModule,
      ResourceModule,
      TerminusModule.forRoot({ logger: false }),
      ...imports,
    ],
    controllers: [controllers.health, controllers.status, controllers.events],
    providers: [
      ...own,
      { provide: STATUS_CONTROLLERS, useValue: controllers },
      ...statusProviders(),
    ],
    exports: [
      OPERATION_RECORDER,
      StatusManager,
      HealthMonitor,
      Liveness,
      MetricRegistry,
      ResourceHealthIndicator,
      StatusInterceptor,
    ],
  };
}
