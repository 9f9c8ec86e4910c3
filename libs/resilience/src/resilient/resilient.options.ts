import type { OperationOptions } from '../operation.js';
import type { PipelineOptions } from '../resilience.options.js';

/** What `fallback` of {@link ResilientOptions} is called with: the error, and what the method was called with. */
export type ResilientFallback<A extends unknown[], R> = (
  this: never,
  error: unknown,
  ...args: A
) => R | PromiseLike<R>;

/** A fallback, or the name of the method of the object that is one. */
export type NamedFallback<A extends unknown[], R> = ResilientFallback<A, R> | string | symbol;

/** How a method marked with `@Resilient` is protected. */
export interface ResilientOptions<A extends unknown[] = unknown[], R = never> extends Pick<
  OperationOptions,
  'idempotent' | 'tryTimeoutMs' | 'totalTimeoutMs' | 'maxTries' | 'limiter'
> {
  /**
   * What the method talks to. All methods of an application with the same resource share one pipeline, hence one
   * breaker; also the operations that `Operations.of` gives for it.
   * @default the name of the object's class
   */
  readonly resource?: string;
  /** The operation's name, as it is recorded. @default the method's name */
  readonly operation?: string;
  /**
   * How the resource is protected, the same for all of its methods: say it at one of them, or at several alike. A
   * resource that has a pipeline already, from `Operations.of`, keeps it.
   * @default the defaults of {@link PipelineOptions}
   */
  readonly pipeline?: PipelineOptions;
  /**
   * An alternative result for a known failure: a function, with `this` being the object, or the name of a method of the
   * object; or up to 3 of them, each asked when the one before it failed. It receives the error and what the method was
   * called with.
   */
  readonly fallback?: NamedFallback<A, R> | readonly NamedFallback<A, R>[];
  /**
   * The position, from 0, of the parameter that takes an `AbortSignal`. The method is then given the signal of its try
   * there, which aborts at the try's timeout; a signal that the caller gives there cancels the whole call. Without it,
   * a try that is given up runs on in the background until it ends by itself.
   */
  readonly signalParameter?: number;
}
