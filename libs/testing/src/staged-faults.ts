import { SystemClock, type Clock } from 'nestjs-mainstay/common';
import { ChaosStages } from 'nestjs-mainstay/resilience';

/** The call that a staged fault may strike. */
export interface FaultyCall {
  readonly operation: string;
  /** What the operation was called with, where the fake passes it on. */
  readonly arg: unknown;
}

/** One staged fault: at least one of `error`, `latencyMs` and `result`. */
export interface StagedFault {
  /** What is thrown; a function is called for each call. */
  readonly error?: unknown;
  /** How long a call waits before anything else, in milliseconds. */
  readonly latencyMs?: number;
  /** What a call gives in place of the real result; a function is called for each call, with its argument. */
  readonly result?: unknown;
  /** Only such calls. @default all */
  readonly when?: (call: FaultyCall) => boolean;
  /** The share of such calls that it hits, in [0, 1]. @default 1 */
  readonly rate?: number;
  /** How many calls it hits. @default Infinity */
  readonly times?: number;
  /** How many calls it lets pass before. @default 0 */
  readonly after?: number;
}

/**
 * Faults that a test stages for the operations of something: each call of {@link strike} or {@link run} meets what is
 * staged for it. The stages are those of `StagedChaos` (`nestjs-mainstay/resilience`), without its pipeline and its
 * warnings.
 *
 * @example
 * const faults = new StagedFaults();
 * faults.stage('write', { error: Object.assign(new Error('full'), { code: 'ENOSPC' }), times: 2, after: 1 });
 * faults.strike('write'); // passes; the next two throw
 */
export class StagedFaults {
  readonly #clock: Clock;
  readonly #stages: ChaosStages;

  /** @param clock for latencies and rates; @default the system's */
  constructor(clock: Clock = new SystemClock()) {
    this.#clock = clock;
    this.#stages = new ChaosStages(clock);
  }

  /**
   * Stages a fault for an operation; several for one operation strike in the order in which they were staged.
   * @throws PipelineOptionsError when a value makes no sense, or the fault does nothing
   */
  stage(operation: string, fault: StagedFault): this {
    const { error, ...stage } = fault;
    this.#stages.add({ ...stage, operation, fault: error });
    return this;
  }

  /** Removes what is staged, for one operation or for all. */
  clear(operation?: string): void {
    this.#stages.remove(({ stage }) => operation === undefined || stage.operation === operation);
  }

  /**
   * For what is called synchronously.
   * @throws the error that is staged for this call of the operation
   */
  strike(operation: string, arg?: unknown): void {
    const stage = this.#stages.strike({ resource: '', operation, arg, tryNumber: 1 });
    if (!stage) return;
    if (stage.stage.latencyMs !== undefined || 'result' in stage.stage) {
      throw new TypeError(
        `"${operation}" can only throw here: stage neither a latency nor a result.`,
      );
    }
    stage.apply(arg, () => undefined);
  }

  /**
   * Runs one call of an operation with what is staged for it.
   * @param proceed the real call
   * @throws the error that is staged for this call
   */
  async run<R>(operation: string, arg: unknown, proceed: () => R | PromiseLike<R>): Promise<R> {
    const stage = this.#stages.strike({ resource: '', operation, arg, tryNumber: 1 });
    if (!stage) return proceed();
    if (stage.stage.latencyMs) await this.#clock.sleep(stage.stage.latencyMs);
    return stage.apply(arg, proceed);
  }
}
