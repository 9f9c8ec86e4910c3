import type { Clock } from 'nestjs-mainstay/common';
import {
  ListenerErrors,
  type BoundRecorder,
  type CallObserver,
  type Classification,
} from 'nestjs-mainstay/resilience';

/**
 * The outermost interceptor of every operation: records the attempt, and exactly one of success (or hit or miss),
 * failure, rejected and cancelled. The result is settled before it is recorded, which cannot change it. Where no other
 * interceptor is, the pipeline itself tells it of each call: as a {@link CallObserver} it costs no promise.
 */
export class RecordingInterceptor implements CallObserver {
  readonly #recorder: BoundRecorder;
  readonly #clock: Clock;
  readonly #classify: (error: unknown) => Classification;
  readonly #isHit: ((result: unknown) => boolean) | undefined;
  readonly #errors = new ListenerErrors('RecordingInterceptor');

  constructor(
    recorder: BoundRecorder,
    clock: Clock,
    classify: (error: unknown) => Classification,
    isHit?: (result: unknown) => boolean,
  ) {
    this.#recorder = recorder;
    this.#clock = clock;
    this.#classify = classify;
    this.#isHit = isHit;
  }

  /** @throws whatever `proceed` throws, after it was recorded */
  async record<R>(proceed: () => Promise<R>): Promise<R> {
    this.begun();
    const startedAt = this.#clock.now();
    let result: R;
    try {
      result = await proceed();
    } catch (error) {
      this.failed(this.#classify(error), this.#clock.now() - startedAt);
      throw error;
    }
    this.succeeded(result, this.#clock.now() - startedAt);
    return result;
  }

  begun(): void {
    this.#recorder.recordAttempt();
  }

  succeeded(result: unknown, durationMs: number): void {
    const isHit = this.#isHit && this.#judge(this.#isHit, result);
    if (isHit === undefined) this.#recorder.recordSuccess(durationMs);
    else if (isHit) this.#recorder.recordHit(durationMs);
    else this.#recorder.recordMiss(durationMs);
  }

  /** A call has found its value at once, without asking the dependency. */
  found(): void {
    this.#recorder.recordAnswer(this.#isHit && true);
  }

  failed(error: Classification, durationMs: number): void {
    if (error.kind === 'rejected') this.#recorder.recordRejected(durationMs, error);
    else if (error.kind === 'cancelled') this.#recorder.recordCancelled(durationMs);
    else this.#recorder.recordFailure(durationMs, error);
  }

  #judge(isHit: (result: unknown) => boolean, result: unknown): boolean | undefined {
    try {
      return isHit(result);
    } catch (error) {
      this.#errors.report('Telling a hit from a miss', error);
      return undefined;
    }
  }
}
