import type { Classification, OperationContext } from 'nestjs-mainstay/resilience';

/**
 * Stands around one try of a call, innermost, and gives what `execute` gives.
 * @param execute the work, which may give a promise
 */
export type AroundTry = <R>(context: OperationContext, execute: () => R) => R;

/** The rest of an operation's path, seen from an interceptor. */
export interface OperationCallHandler {
  /**
   * Goes on: the next interceptor, at last the resilience pipeline.
   * @param around stands around each try of the call; @default nothing does
   */
  handle(around?: AroundTry): Promise<unknown>;
}

/** The call that an interceptor sees. */
export interface OperationExecutionContext {
  readonly resource: string;
  readonly operation: string;
  /** What the operation was called with, as the module passes it on (a key, a statement, …). */
  readonly arg: unknown;
  /** What detection says of an error of the operation. */
  readonly classify: (error: unknown) => Classification;
}

/**
 * Sees every operation of every resource, in the shape of Nest's own interceptors; recording lies outside of it,
 * resilience inside. Composed once at start; an application without interceptors pays nothing.
 *
 * @example
 * \@Injectable()
 * class TenantInterceptor implements OperationInterceptor {
 *   async intercept(context: OperationExecutionContext, next: OperationCallHandler) {
 *     if (context.resource === 'storage') this.tenants.check(context.arg);
 *     return next.handle();
 *   }
 * }
 * // ResourceModule.forRoot({ interceptors: [TenantInterceptor] })
 */
export interface OperationInterceptor {
  intercept(context: OperationExecutionContext, next: OperationCallHandler): Promise<unknown>;
}

/** Injection token of the ordered interceptors that `ResourceModule.forRoot` was given. */
export const OPERATION_INTERCEPTORS = Symbol.for('nestjs-mainstay.operation-interceptors');

/**
 * Injection token of the interceptors of a bridge (tracing, …). They lie outside of those of the application, whose time
 * they see, and are the first to hear of a call.
 */
export const BRIDGE_INTERCEPTORS = Symbol.for('nestjs-mainstay.bridge-interceptors');
