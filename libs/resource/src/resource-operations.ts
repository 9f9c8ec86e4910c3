import type { Clock } from 'nestjs-mainstay/common';
import {
  ResiliencePipeline,
  type CircuitBreaker,
  type Classification,
  type OperationRecorder,
  type PipelineOptions,
  type PipelineStatus,
} from 'nestjs-mainstay/resilience';
import type { BindOptions } from './bind-options.js';
import { BoundOperation } from './bound-operation.js';
import type { OperationInterceptor } from './operation-interceptor.js';
import { RecordingInterceptor } from './recording-interceptor.js';
import { publishTransition } from './state-channels.js';

/** The operations of one resource: they share one pipeline, hence one breaker. */
export class ResourceOperations {
  readonly #pipeline: ResiliencePipeline;
  readonly #recorder: OperationRecorder;
  readonly #interceptors: readonly OperationInterceptor[];
  readonly #clock: Clock;

  /** @internal use `Operations.of(resource)` */
  constructor(
    resource: string,
    options: PipelineOptions | undefined,
    recorder: OperationRecorder,
    interceptors: readonly OperationInterceptor[],
    clock: Clock,
  ) {
    this.#pipeline = new ResiliencePipeline(resource, options, clock);
    this.#recorder = recorder;
    this.#interceptors = interceptors;
    this.#clock = clock;
    this.breaker?.subscribe((transition) => recorder.recordTransition(transition));
    this.breaker?.subscribe(publishTransition);
  }

  /** The resource's circuit breaker; `undefined` when it is switched off. */
  get breaker(): CircuitBreaker | undefined {
    return this.#pipeline.breaker;
  }

  /**
   * Binds an operation; do it once, in a constructor.
   * @example
   * this.#get = operations.of(resource).bind('get', { idempotent: true, proves: 'read' });
   * // for each call: this.#get.run((key, { signal }) => this.fetch(key, signal), key)
   */
  bind<A = never, R = unknown>(name: string, options: BindOptions<A, R> = {}): BoundOperation {
    const pipeline = this.#pipeline;
    const recorder = this.#recorder.bind(pipeline.resource, name, options.proves);
    const recording = new RecordingInterceptor(
      recorder,
      this.#clock,
      (error) => pipeline.classify(error),
      options.isHit as ((result: unknown) => boolean) | undefined,
    );
    const observer = this.#interceptors.length === 0 ? recording : undefined;
    return new BoundOperation({
      spec: pipeline.bind(name, options as BindOptions<unknown>, recorder, observer),
      pipeline,
      clock: this.#clock,
      recorder,
      recording,
      interceptors: this.#interceptors,
    });
  }

  /** How the pipeline of the resource is: breaker, retry budget, limiter, calls in flight. */
  status(): PipelineStatus {
    return this.#pipeline.status();
  }

  /** What detection says of an error, with the rules of this resource. */
  classify(error: unknown): Classification {
    return this.#pipeline.classify(error);
  }

  /** Cuts back-offs in progress; no further retries. */
  shutdown(): void {
    this.#pipeline.shutdown();
  }

  /**
   * Waits until no call is in flight, at most `timeoutMs`; what runs then is cancelled.
   * @returns whether all calls ended by themselves
   */
  drain(timeoutMs: number): Promise<boolean> {
    return this.#pipeline.drain(timeoutMs);
  }
}
