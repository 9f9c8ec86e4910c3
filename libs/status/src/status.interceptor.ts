import {
  HttpException,
  Injectable,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import { ErrorDetector, type Classification } from 'nestjs-mainstay/resilience';
import { tap, type Observable } from 'rxjs';
import { StatusManager } from './status.service.js';

/** The kinds of controllers that are recorded, by the name of the resource that they are recorded under. */
const RECORDED: ReadonlySet<string> = new Set(['http', 'rpc']);

/**
 * Records each handler of controllers, HTTP and RPC: the resource is `http` or `rpc`, the operation `Controller.handler`.
 *
 * An `HttpException` below 500 is an answer and counts as success: the service did its work, the caller erred. Everything
 * else that a handler throws is a failure; a caller that leaves before the end is a cancellation.
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
    if (!(error instanceof HttpException)) return this.#detector.detect(error);
    const status = error.getStatus();
    return status < 500 ? undefined : { kind: 'transient', type: `HTTP_${status}` };
  }
}
