import {
  Catch,
  HttpException,
  Logger,
  type ArgumentsHost,
  type ExceptionFilter,
} from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { Clock, LogThrottle, redactError } from 'nestjs-mainstay/common';
import { describeProblem, type Problem } from './problem-details.js';

/**
 * Answers every error as `application/problem+json` (RFC 9457). Those of the service are logged; an outage, which befalls
 * every request, soon with one line a minute.
 */
@Catch()
export class ProblemDetailsFilter implements ExceptionFilter {
  readonly #logger = new Logger(ProblemDetailsFilter.name);
  readonly #adapterHost: HttpAdapterHost;
  readonly #throttle: LogThrottle;

  constructor(adapterHost: HttpAdapterHost, clock: Clock) {
    this.#adapterHost = adapterHost;
    this.#throttle = new LogThrottle(clock);
  }

  catch(error: unknown, host: ArgumentsHost): void {
    const response: unknown = host.switchToHttp().getResponse();
    const request: unknown = host.switchToHttp().getRequest();
    const { httpAdapter } = this.#adapterHost;
    const problem = describeProblem(error);
    this.#log(error, problem, `${httpAdapter.getRequestMethod(request)} ${this.#path(request)}`);
    if (httpAdapter.isHeadersSent(response)) {
      httpAdapter.end(response);
      return;
    }
    const report = ownReport(error);
    if (report) httpAdapter.reply(response, report, problem.details.status);
    else this.#reply(request, response, problem);
  }

  #reply(request: unknown, response: unknown, { details, retryAfterSeconds }: Problem): void {
    const { httpAdapter } = this.#adapterHost;
    httpAdapter.setHeader(response, 'Content-Type', 'application/problem+json');
    if (retryAfterSeconds !== undefined) {
      httpAdapter.setHeader(response, 'Retry-After', String(retryAfterSeconds));
    }
    httpAdapter.reply(response, { ...details, instance: this.#path(request) }, details.status);
  }

  #path(request: unknown): string {
    const url = String(this.#adapterHost.httpAdapter.getRequestUrl(request));
    return url.split('?', 1)[0] ?? url;
  }

  #log(error: unknown, { details }: Problem, route: string): void {
    if (details.status < 500) return;
    const { name, message, stack } = redactError(error);
    const place = stack?.split('\n')[1]?.trim() ?? '';
    const admission = this.#throttle.admit(`${details.status} ${name} ${place}`);
    if (!admission) return;
    const others = admission.unlogged > 0 ? ` (and ${admission.unlogged} more like it before)` : '';
    if (details.status === 500) this.#logger.error(`${route}: ${message}${others}`, stack);
    else this.#logger.warn(`${route}: ${message}${others}`);
  }
}

/** A library's own report that it throws as an HTTP error, such as Terminus's health result. */
function ownReport(error: unknown): object | undefined {
  if (!(error instanceof HttpException)) return undefined;
  const body = error.getResponse();
  return typeof body === 'object' && !('statusCode' in body) ? body : undefined;
}
