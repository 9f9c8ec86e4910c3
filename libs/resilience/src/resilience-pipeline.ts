import { SystemClock, type Clock } from 'nestjs-mainstay/common';
import { CircuitBreaker } from './circuit-breaker.js';
import type { Classification } from './classification.js';
import { ErrorDetector } from './error-detector.js';
import { ErrorHandler } from './error-handler.js';
import { Execution, type ExecutionEnvironment } from './execution.js';
import { guardBoundRecorder } from './guarded-recorder.js';
import type { BoundRecorder } from './operation-recorder.js';
import type { BoundOperationSpec, CallOptions, OperationOptions, Work } from './operation.js';
import { RecoveryHandler } from './recovery-handler.js';
import {
  resolvePipelineOptions,
  resolveOperationLimits,
  type PipelineOptions,
  type ResolvedPipelineOptions,
} from './resilience.options.js';
import { RetryPolicy } from './retry-policy.js';
import { UnknownErrorLog } from './unknown-error-log.js';

/** How long a half-open permit may stay out where tries have no timeout, in milliseconds. */
const DEFAULT_LEASE_MS = 20_000;

/**
 * Runs the operations of one resource: fallback → total deadline → retry → breaker → try timeout → the work. The first
 * error goes to the {@link ErrorHandler}.
 *
 * @example
 * const pipeline = new ResiliencePipeline('payments', { tryTimeoutMs: 2_000 });
 * const get = pipeline.bind('get', { idempotent: true }, recorder);
 * const payment = await pipeline.run(get, (id, { signal }) => fetchPayment(id, signal), 'p-1');
 */
export class ResiliencePipeline {
  readonly resource: string;
  /** The breaker; `undefined` when it is switched off. */
  readonly breaker: CircuitBreaker | undefined;
  readonly #options: ResolvedPipelineOptions;
  readonly #environment: ExecutionEnvironment;
  readonly #handler: ErrorHandler;
  readonly #shutdown = new AbortController();

  /** @throws PipelineOptionsError when the options contradict each other */
  constructor(resource: string, options: PipelineOptions = {}, clock: Clock = new SystemClock()) {
    this.resource = resource;
    this.#options = resolvePipelineOptions(options);
    const { breaker, retry, rules, tryTimeoutMs } = this.#options;
    const leaseMs = tryTimeoutMs === false ? DEFAULT_LEASE_MS : 2 * tryTimeoutMs;
    this.breaker =
      breaker === false ? undefined : new CircuitBreaker(resource, breaker, leaseMs, clock);
    this.#environment = { clock, detector: new ErrorDetector(rules), breaker: this.breaker };
    const policy = new RetryPolicy(retry, clock);
    const recovery = new RecoveryHandler(policy, clock, this.breaker, this.#shutdown.signal);
    this.#handler = new ErrorHandler(recovery, new UnknownErrorLog(clock), clock);
  }

  /**
   * Decides everything about one operation, once.
   * @throws PipelineOptionsError when the operation's limits make no sense
   */
  bind<A, R>(
    name: string,
    options: OperationOptions<A, R>,
    recorder: BoundRecorder,
  ): BoundOperationSpec<A, R> {
    return {
      resource: this.resource,
      name,
      idempotent: options.idempotent ?? false,
      ...resolveOperationLimits(options, this.#options),
      asksBreaker: options.breaker ?? true,
      fallback: options.fallback,
      recorder: guardBoundRecorder(recorder),
    };
  }

  /**
   * Runs one call of an operation.
   * @throws the operation's last error when it cannot be recovered; `CircuitOpenError`, `OperationTimeoutError` and
   * `OperationCancelledError` of our own
   */
  async run<A, R>(
    operation: BoundOperationSpec<A, R>,
    work: Work<A, R>,
    arg: A,
    call?: CallOptions,
  ): Promise<R> {
    const execution = new Execution(this.#environment, operation, work, arg, call);
    try {
      return await execution.tryOnce();
    } catch (error) {
      return this.#handler.handle(execution, error);
    }
  }

  /** What detection says of an error, with the rules of this pipeline. */
  classify(error: unknown): Classification {
    return this.#environment.detector.detect(error);
  }

  /** Cuts back-offs that are in progress and allows no further retries. */
  shutdown(): void {
    this.#shutdown.abort();
  }
}
