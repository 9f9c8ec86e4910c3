import type { Clock } from 'nestjs-mainstay/common';
import type {
  BoundOperationSpec,
  BoundRecorder,
  CallOptions,
  Classification,
  OperationStatus,
  ResiliencePipeline,
  Work,
} from 'nestjs-mainstay/resilience';
import { isKnownFailure } from 'nestjs-mainstay/resilience';
import { isWatched, publishOperation } from './operation-channel.js';
import type { AroundTry, OperationInterceptor } from './operation-interceptor.js';
import type { RecordingInterceptor } from './recording-interceptor.js';

/** A look at what is there at once. @param now the present time of the clock @returns `undefined`: nothing */
export type Look<A, R> = (arg: A, now: number) => R | undefined;

/** What a {@link BoundOperation} is made of; see `ResourceOperations.bind`. */
export interface BoundOperationParts {
  readonly spec: BoundOperationSpec<unknown, unknown>;
  readonly pipeline: ResiliencePipeline;
  readonly clock: Clock;
  readonly recorder: BoundRecorder;
  readonly recording: RecordingInterceptor;
  readonly interceptors: readonly OperationInterceptor[];
}

/**
 * One operation of one resource, bound once and run for every call: recording → the user's interceptors → resilience →
 * the work.
 */
export class BoundOperation {
  readonly #spec: BoundOperationSpec<unknown, unknown>;
  readonly #pipeline: ResiliencePipeline;
  readonly #clock: Clock;
  readonly #recorder: BoundRecorder;
  readonly #recording: RecordingInterceptor;
  readonly #interceptors: readonly OperationInterceptor[];
  readonly #classify = (error: unknown): Classification => this.classify(error);

  constructor(parts: BoundOperationParts) {
    this.#spec = parts.spec;
    this.#pipeline = parts.pipeline;
    this.#clock = parts.clock;
    this.#recorder = parts.recorder;
    this.#recording = parts.recording;
    this.#interceptors = parts.interceptors;
  }

  /**
   * Runs one call.
   * @param work executed once per try with `arg` and the try's context
   * @throws the operation's error when it cannot be recovered
   */
  run<A, R>(work: Work<A, R>, arg: A, call?: CallOptions): Promise<R> {
    const result = this.execute(work, arg, call);
    return result instanceof Promise ? result : Promise.resolve(result);
  }

  /**
   * As {@link run}, but a value that the work gives at once, not as a promise, is returned as it is: nothing waits where
   * there is nothing to wait for. Failures are always rejected promises.
   */
  execute<A, R>(work: Work<A, R>, arg: A, call?: CallOptions): R | Promise<R> {
    if (isWatched()) {
      const proceed = (): R | Promise<R> => this.#execute(work, arg, call);
      return publishOperation(this.#spec, this.#classify, proceed);
    }
    return this.#execute(work, arg, call);
  }

  /**
   * A look before the call, at a fraction of its cost. What it finds at once is the call's result, and a hit where the
   * operation tells hits from misses. The dependency was not asked: so the call is counted as any other, but not timed, and
   * neither the breaker nor the retry budget hears of it.
   * @param look quick and without effect; `undefined` = nothing was found
   * @returns `undefined`: nothing happened, and {@link execute} has to answer. So it is too where somebody watches or
   * stands before each call (an interceptor, a limiter, an open breaker …), and when `look` throws
   * @example
   * return operation.peek((key) => memory.get(key), key) ?? operation.run(fetch, key);
   */
  peek<A, R>(look: Look<A, R>, arg: A): R | undefined {
    if (this.#interceptors.length > 0 || isWatched() || !this.#pipeline.isClear) return undefined;
    const found = tryLook(look, arg, this.#clock.now());
    if (found !== undefined) this.#recording.found();
    return found;
  }

  /**
   * As {@link run}, but a known failure of the dependency gives `failed`.
   * @throws mistakes of the caller and unknown errors
   */
  runOrElse<A, R, F>(failed: F, work: Work<A, R>, arg: A, call?: CallOptions): Promise<R | F> {
    const result = this.executeOrElse(failed, work, arg, call);
    return result instanceof Promise ? result : Promise.resolve(result);
  }

  /** As {@link runOrElse}, but a value that the work gives at once is returned as it is. */
  executeOrElse<A, R, F>(
    failed: F,
    work: Work<A, R>,
    arg: A,
    call?: CallOptions,
  ): R | Promise<R | F> {
    const result = this.execute(work, arg, call);
    if (!(result instanceof Promise)) return result;
    return result.catch((error: unknown) => {
      if (isKnownFailure(this.classify(error))) return failed;
      throw error;
    });
  }

  /** What detection says of an error of this operation. */
  classify(error: unknown): Classification {
    return this.#pipeline.classify(error);
  }

  /** What has been recorded of this operation. */
  status(): OperationStatus {
    return this.#recorder.status();
  }

  #execute<A, R>(work: Work<A, R>, arg: A, call?: CallOptions): R | Promise<R> {
    if (this.#interceptors.length > 0) {
      return this.#recording.record(() => this.#intercepted(0, work, arg, call));
    }
    const spec = this.#spec as unknown as BoundOperationSpec<A, R>;
    return this.#pipeline.execute(spec, work, arg, call);
  }

  #intercepted<A, R>(
    index: number,
    work: Work<A, R>,
    arg: A,
    call: CallOptions | undefined,
    outer?: AroundTry,
  ): Promise<R> {
    const interceptor = this.#interceptors[index];
    if (!interceptor) {
      const spec = this.#spec as unknown as BoundOperationSpec<A, R>;
      return this.#pipeline.run(spec, outer ? surround(work, outer) : work, arg, call);
    }
    const { resource, name: operation } = this.#spec;
    const context = { resource, operation, arg, classify: this.#classify };
    const next = {
      handle: (inner?: AroundTry): Promise<R> =>
        this.#intercepted(index + 1, work, arg, call, nest(outer, inner)),
    };
    return interceptor.intercept(context, next) as Promise<R>;
  }
}

/** What it throws, the work says again, where it is recorded. */
function tryLook<A, R>(look: Look<A, R>, arg: A, now: number): R | undefined {
  try {
    return look(arg, now);
  } catch {
    return undefined;
  }
}

function nest(outer: AroundTry | undefined, inner: AroundTry | undefined): AroundTry | undefined {
  if (!outer || !inner) return outer ?? inner;
  return (context, execute) => outer(context, () => inner(context, execute));
}

function surround<A, R>(work: Work<A, R>, around: AroundTry): Work<A, R> {
  return (arg, context) => around(context, () => work(arg, context));
}
