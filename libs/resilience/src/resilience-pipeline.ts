import { SystemClock, withDeadline, type Clock } from 'nestjs-mainstay/common';
import type { Chaos } from './chaos/chaos.js';
import type { CallObserver } from './call-observer.js';
import type { CircuitBreaker } from './circuit-breaker.js';
import type { Classification } from './classification.js';
import { createEnvironment } from './create-environment.js';
import { Execution } from './execution.js';
import { guardObserver } from './guarded-observer.js';
import { guardBoundRecorder } from './guarded-recorder.js';
import { leaseOf } from './lease.js';
import { NoopRecorder } from './noop-recorder.js';
import type { BoundRecorder } from './operation-recorder.js';
import type { BoundOperationSpec, CallOptions, OperationOptions, Work } from './operation.js';
import type { PipelineEnvironment } from './pipeline-environment.js';
import type { PipelineStatus } from './pipeline-status.js';
import type { PipelineOptions } from './resilience.options.js';
import {
  resolveFallbacks,
  resolveOperationLimits,
  resolvePipelineOptions,
  type ResolvedPipelineOptions,
} from './resolve-options.js';
import { TimeoutQueue } from './timeout-queue.js';
import { Try } from './try.js';

/**
 * Runs the operations of one resource: fallback → total deadline → retry (+ budget) → breaker → limiter → try timeout →
 * the application's own policies → staged chaos → the work. The first error goes to the {@link ErrorHandler}.
 *
 * @example
 * const pipeline = new ResiliencePipeline('payments', { tryTimeoutMs: 2_000 });
 * const get = pipeline.bind('get', { idempotent: true });
 * const payment = await pipeline.run(get, (id, { signal }) => fetchPayment(id, signal), 'p-1');
 */
export class ResiliencePipeline {
  readonly resource: string;
  readonly #options: ResolvedPipelineOptions;
  readonly #environment: PipelineEnvironment;
  readonly #timeouts = new Map<number, TimeoutQueue>();
  readonly #chaos: Chaos | undefined;
  /** Whether there is no limiter and no policy, and the breaker is closed: kept up to date, since each call asks. */
  #isOpen: boolean;

  /** @throws PipelineOptionsError when the options contradict each other */
  constructor(resource: string, options: PipelineOptions = {}, clock: Clock = new SystemClock()) {
    this.resource = resource;
    this.#options = resolvePipelineOptions(options);
    this.#environment = createEnvironment(resource, this.#options, clock);
    const { breaker, chaos, limiter, policies } = this.#environment;
    const isBare = limiter === undefined && policies.length === 0;
    this.#chaos = chaos;
    this.#isOpen = isBare;
    breaker?.subscribe(() => (this.#isOpen = isBare && breaker.isClosed));
  }

  /** The breaker; `undefined` when it is switched off. */
  get breaker(): CircuitBreaker | undefined {
    return this.#environment.breaker;
  }

  /** Whether nothing stands before a call now: no limiter, policy or chaos, and the breaker is closed. */
  get isClear(): boolean {
    return this.#isOpen && this.#chaos?.isArmed !== true;
  }

  /**
   * Decides everything about one operation, once.
   * @param recorder where tries and outcomes are recorded; @default nowhere
   * @param observer sees whole calls begin and end; @default nobody
   * @throws PipelineOptionsError when the operation's limits make no sense
   */
  bind<A, R>(
    name: string,
    options: OperationOptions<A, R> = {},
    recorder: BoundRecorder = new NoopRecorder().bind(this.resource, name),
    observer?: CallObserver,
  ): BoundOperationSpec<A, R> {
    const limits = resolveOperationLimits(options, this.#options);
    const tryTimeoutMs = limits.tryTimeoutMs || Infinity;
    return {
      resource: this.resource,
      name,
      idempotent: options.idempotent ?? false,
      tryTimeoutMs,
      totalTimeoutMs: limits.totalTimeoutMs || Infinity,
      maxTries: limits.maxTries,
      leaseMs: leaseOf(limits.tryTimeoutMs),
      asksBreaker: options.breaker ?? true,
      asksLimiter: options.limiter ?? true,
      fallbacks: resolveFallbacks(options.fallback),
      recorder: guardBoundRecorder(recorder),
      observer: observer && guardObserver(observer),
      timeouts: this.#timeoutsOf(tryTimeoutMs),
      spare: undefined,
    };
  }

  /**
   * Runs one call of an operation.
   * @throws the operation's last error when it cannot be recovered; `CircuitOpenError`, `LimiterFullError`,
   * `OperationTimeoutError` and `OperationCancelledError` of our own
   */
  run<A, R>(
    operation: BoundOperationSpec<A, R>,
    work: Work<A, R>,
    arg: A,
    call?: CallOptions,
  ): Promise<R> {
    const result = this.execute(operation, work, arg, call);
    return result instanceof Promise ? result : Promise.resolve(result);
  }

  /**
   * As {@link run}, but a value that the work gives at once, not as a promise, is returned as it is. Failures are always
   * rejected promises.
   */
  execute<A, R>(
    operation: BoundOperationSpec<A, R>,
    work: Work<A, R>,
    arg: A,
    call?: CallOptions,
  ): R | Promise<R> {
    const execution = operation.spare ?? new Execution(this.#environment, operation);
    operation.spare = undefined;
    return execution.start(work, arg, call);
  }

  /** What detection says of an error, with the rules of this pipeline. */
  classify(error: unknown): Classification {
    return this.#environment.detector.detect(error);
  }

  /** How the pipeline is now. */
  status(): PipelineStatus {
    const { breaker, budget, limiter, inFlight, clock } = this.#environment;
    return {
      resource: this.resource,
      inFlight: inFlight.count,
      breaker: breaker?.status(),
      budget: budget?.status(clock.now()),
      limiter: limiter?.status(),
    };
  }

  /** Cuts back-offs and waits for a slot, and allows no further retries: the application shuts down. */
  shutdown(): void {
    this.#environment.backOffs.shutdown();
    this.#environment.slotWaits.shutdown();
  }

  /**
   * Waits until no call is in flight, at most `timeoutMs`; what runs then is cancelled, with `shutdown` as the reason.
   * @returns whether all calls ended by themselves
   */
  async drain(timeoutMs: number): Promise<boolean> {
    const { clock, inFlight } = this.#environment;
    const onTimeout = (): Error => new Error('Calls are still in flight.');
    try {
      await withDeadline(clock, { timeoutMs, onTimeout }, () => inFlight.drained());
      return true;
    } catch {
      this.#cancelAll();
      return false;
    }
  }

  #cancelAll(): void {
    this.#environment.fallbackWaits.shutdown();
    const queues = [...this.#timeouts.values(), this.#environment.untimed];
    for (const entry of queues.flatMap((queue) => queue.entries())) {
      if (entry instanceof Try) entry.onShutdown();
    }
  }

  #timeoutsOf(durationMs: number): TimeoutQueue {
    let queue = this.#timeouts.get(durationMs);
    if (!queue) {
      queue = new TimeoutQueue(this.#environment.clock, durationMs);
      this.#timeouts.set(durationMs, queue);
    }
    return queue;
  }
}
