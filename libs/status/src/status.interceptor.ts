import {
  Injectable,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import { ErrorDetector, type Classification } from 'nestjs-mainstay/resilience';
import { defer, tap, type Observable } from 'rxjs';
import { StatusManager } from './status.service.js';

/** The kinds of controllers that are recorded, by the name of the resource that they are recorded under. */
const RECORDED: ReadonlySet<string> = new Set(['http', 'rpc']);

/**
 * Records each handler of controllers, HTTP and RPC: the resource is `http` or `rpc`, the operation `Controller.handler`.
 *
 * An exception with a status below 500 (an `HttpException`, an `RpcException` with a `statusCode`) is an answer and counts
 * as success: the service did its work, the caller erred. Everything else that a handler throws is a failure; a caller that
 * leaves before the end of an Observable is a cancellation. What a guard refuses never reaches an interceptor: it is not
 * recorded. Other kinds of handlers (GraphQL, WebSockets) pass.
 * @example
 * providers: [{ provide: APP_INTERCEPTOR, useExisting: StatusInterceptor }]
 */
@Injectable()
export class StatusInterceptor implements NestInterceptor {
  readonly #status: StatusManager;
  readonly #detector = new ErrorDetector();

  constructor(status: StatusManager) {
    this.#status = status;
  }

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const resource = context.getType<string>();
    if (!RECORDED.has(resource)) return next.handle();
    const name = `${context.getClass().name}.${context.getHandler().name}`;
    // From the subscription on: what nobody subscribes to would never end.
    return defer(() => this.#record(resource, name, next));
  }

  #record(resource: string, name: string, next: CallHandler): Observable<unknown> {
    const operation = this.#status.beginOperation(resource, name);
    return next.handle().pipe(
      tap({
        complete: () => operation.complete(),
        error: (error: unknown) => {
          const failure = this.#classify(error);
          if (failure) operation.fail(failure);
          else operation.complete();
        },
        unsubscribe: () => operation.cancel(),
      }),
    );
  }

  /** @returns `undefined` when the error is an answer */
  #classify(error: unknown): Classification | undefined {
    if (!isException(error)) return this.#detector.detect(error);
    const status = statusOf(error);
    if (status === undefined) return { kind: 'permanent', type: 'RPC_EXCEPTION' };
    if (status < 500) return undefined;
    return { kind: 'transient', type: status < 600 ? `HTTP_${status}` : 'HTTP_5XX' };
  }
}

/** What a handler throws on purpose: an `HttpException`, or the `RpcException` of `@nestjs/microservices`, which may be absent. */
interface Exception {
  getStatus?(): unknown;
  getError?(): unknown;
}

function isException(error: unknown): error is Exception {
  if (!(error instanceof Error)) return false;
  const exception = error as Exception;
  return typeof exception.getStatus === 'function' || typeof exception.getError === 'function';
}

/** The status that an exception carries; an `RpcException` may have one in its error, as HTTP gateways expect it. */
function statusOf(exception: Exception): number | undefined {
  const { statusCode, status } = (exception.getError?.() ?? {}) as Record<string, unknown>;
  const found = exception.getStatus?.() ?? statusCode ?? status;
  return Number.isInteger(found) ? (found as number) : undefined;
}
