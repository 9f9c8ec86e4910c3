import { Readable } from 'node:stream';
import { Logger, StreamableFile } from '@nestjs/common';
import { redactError, type Clock } from 'nestjs-mainstay/common';
import type { HealthMonitor } from '../health/health-monitor.js';
import type { Liveness } from '../health/liveness.js';
import { judgeReadiness } from '../health/readiness.js';
import { writeExposition } from '../metrics/exposition.js';
import { CONTENT_TYPES } from '../metrics/exposition-format.js';
import type { MetricRegistry } from '../metrics/metric-registry.js';
import { negotiateFormat } from '../metrics/negotiate-format.js';
import type { GracefulShutdown } from '../shutdown/graceful-shutdown.js';
import type { RoutePath } from '../status.config.js';
import type { ResolvedStatusOptions } from '../status.options.js';
import { admitRequest } from './admit-request.js';
import { sendAnswer, type RouteAdapter, type RouteAnswer } from './route-answer.js';
import type { StatusAccess } from './status-access.js';

/** What {@link ProbeRoutes} works with. */
export interface ProbeRoutesParts {
  readonly clock: Clock;
  readonly metrics: MetricRegistry;
  readonly health: HealthMonitor;
  readonly liveness: Liveness;
  readonly shutdown: GracefulShutdown;
  readonly access: StatusAccess;
  readonly options: Pick<
    ResolvedStatusOptions,
    'livezPath' | 'readyzPath' | 'startupzPath' | 'metricsPath'
  >;
}

/**
 * `/livez`, `/readyz`, `/startupz` and `/metrics`: registered on the HTTP adapter itself, so that neither a global prefix nor
 * a guard of the application stands before them. They read state and do no I/O.
 */
export class ProbeRoutes {
  readonly #logger = new Logger('ProbeRoutes');
  readonly #parts: ProbeRoutesParts;

  constructor(parts: ProbeRoutesParts) {
    this.#parts = parts;
  }

  /** Registers the routes that are not switched off. */
  register(adapter: RouteAdapter): void {
    this.registerProbes(adapter);
    this.#registerMetrics(adapter);
  }

  /** Registers `/livez`, `/readyz` and `/startupz` alone. */
  registerProbes(adapter: RouteAdapter): void {
    const { livezPath, readyzPath, startupzPath } = this.#parts.options;
    const { shutdown, health } = this.#parts;
    this.#registerLivez(adapter, livezPath);
    this.#registerProbe(adapter, readyzPath, () => judgeReadiness(shutdown, health));
    this.#registerProbe(adapter, startupzPath, () => (shutdown.hasStarted ? 'ok' : 'starting'));
  }

  #registerMetrics(adapter: RouteAdapter): void {
    const { metricsPath } = this.#parts.options;
    if (metricsPath === false) return;
    adapter.get(metricsPath, (request, response) => {
      this.#serveMetrics(adapter, request, response).catch((error: unknown) => {
        const { message, stack } = redactError(error);
        this.#logger.error(`${metricsPath} failed: ${message}`, stack);
        sendAnswer(adapter, response, { status: 500, body: { status: 'error' } });
      });
    });
  }

  #registerProbe(adapter: RouteAdapter, path: RoutePath, judge: () => string): void {
    if (path === false) return;
    adapter.get(path, (_request, response) => answerProbe(adapter, response, { status: judge() }));
  }

  #registerLivez(adapter: RouteAdapter, path: RoutePath): void {
    if (path === false) return;
    adapter.get(path, (request, response) => {
      const report = this.#parts.liveness.report();
      if (report.status === 'ok') {
        answerProbe(adapter, response, report);
        return;
      }
      void this.#parts.access.showsDetailsTo(request).then((shown) => {
        answerProbe(adapter, response, shown ? report : { status: report.status });
      });
    });
  }

  async #serveMetrics(adapter: RouteAdapter, request: unknown, response: unknown): Promise<void> {
    const answer = await admitRequest(this.#parts.access, request, () => this.#scrape(request));
    sendAnswer(adapter, response, answer);
  }

  async #scrape(request: unknown): Promise<RouteAnswer> {
    const { headers } = request as { headers?: { accept?: string } };
    const format = negotiateFormat(headers?.accept);
    const parts = await writeExposition(this.#parts.metrics.collect(), format, this.#parts.clock);
    // As a stream: of a text Express makes an ETag first, which holds the event loop for milliseconds.
    const options = { type: CONTENT_TYPES[format], length: lengthOf(parts) };
    return { status: 200, body: new StreamableFile(Readable.from(parts), options) };
  }
}

function answerProbe(
  adapter: RouteAdapter,
  response: unknown,
  body: { readonly status: string },
): void {
  sendAnswer(adapter, response, { status: body.status === 'ok' ? 200 : 503, body });
}

function lengthOf(parts: readonly Buffer[]): number {
  return parts.reduce((total, { length }) => total + length, 0);
}
