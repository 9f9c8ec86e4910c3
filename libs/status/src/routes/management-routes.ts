import type { ServerResponse } from 'node:http';
import { Logger } from '@nestjs/common';
import { redactError } from 'nestjs-mainstay/common';
import type { HealthGroups } from '../health/health-groups.js';
import type { RoutePath } from '../status.config.js';
import type { ResolvedStatusOptions } from '../status.options.js';
import type { EventsRoute } from './events-route.js';
import type { HealthRoute } from './health-route.js';
import type { ProbeRoutes } from './probe-routes.js';
import { sendAnswer, type RouteAdapter, type RouteAnswer } from './route-answer.js';
import type { StatusRoute } from './status-route.js';

type Answer = (
  request: unknown,
  response: unknown,
) => Promise<RouteAnswer | undefined> | RouteAnswer | undefined;

/** What {@link ManagementRoutes} works with. */
export interface ManagementRoutesParts {
  readonly probes: ProbeRoutes;
  readonly health: HealthRoute;
  readonly groups: HealthGroups;
  readonly status: StatusRoute;
  readonly events: EventsRoute;
  readonly options: Pick<ResolvedStatusOptions, 'healthPath' | 'jsonPath' | 'eventsPath'>;
}

/** All routes for the management port, by the same functions that answer on the port of the application. */
export class ManagementRoutes {
  readonly #logger = new Logger('ManagementRoutes');
  readonly #parts: ManagementRoutesParts;

  constructor(parts: ManagementRoutesParts) {
    this.#parts = parts;
  }

  /** Registers the routes that are not switched off. */
  register(adapter: RouteAdapter): void {
    const { probes, health, groups, status, events, options } = this.#parts;
    const { healthPath, jsonPath, eventsPath } = options;
    probes.register(adapter);
    this.#add(adapter, healthPath, (request) => health.answer(request));
    for (const group of healthPath === false ? [] : groups.names) {
      this.#add(adapter, `${healthPath}/${group}`, (request) => health.answer(request, group));
    }
    this.#add(adapter, jsonPath, (request) => status.answer(request));
    this.#add(adapter, eventsPath, (request, response) =>
      events.answer(request, () => response as ServerResponse),
    );
  }

  #add(adapter: RouteAdapter, path: RoutePath, answer: Answer): void {
    if (path === false) return;
    adapter.get(path, (request, response) => {
      void this.#serve(adapter, path, response, async () => answer(request, response));
    });
  }

  async #serve(
    adapter: RouteAdapter,
    path: string,
    response: unknown,
    work: () => Promise<RouteAnswer | undefined>,
  ): Promise<void> {
    try {
      const answer = await work();
      if (answer) sendAnswer(adapter, response, answer);
    } catch (error) {
      const { message, stack } = redactError(error);
      this.#logger.error(`${path} failed: ${message}`, stack);
      sendAnswer(adapter, response, { status: 500, body: { status: 'error' } });
    }
  }
}
