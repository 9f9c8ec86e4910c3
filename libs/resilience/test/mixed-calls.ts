import type { Clock } from 'nestjs-mainstay/common';
import { ResiliencePipeline, type BoundOperationSpec, type Work } from 'nestjs-mainstay/resilience';

/** How long a call that hangs may take: not the test's time. */
export const TIMEOUT_MS = 5;

/** Breaker and limiter take part, but stop nobody: every call is to go its whole way. */
const OPTIONS = {
  tryTimeoutMs: 60_000,
  totalTimeoutMs: 120_000,
  breaker: { minimumCalls: 1_000_000, consecutiveFailures: 1_000_000 },
  limiter: { maxConcurrent: 20_000 },
};

const RESET = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });

type Call = Work<number, number>;

const endsAtOnce: Call = async (arg) => arg;
const readsSignal: Call = async (arg, { signal }) => (signal.aborted ? -1 : arg);
const endsLater: Call = (arg) => new Promise((resolve) => setImmediate(() => resolve(arg)));
const fails: Call = () => Promise.reject(RESET);
const throws: Call = () => {
  throw RESET;
};
const hangs: Call = () => new Promise(() => {});
const hangsReadingSignal: Call = (_arg, { signal }) =>
  new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(RESET)));

/** Seven in ten calls end by themselves, two have to be timed out, one is given up by its caller. */
const ENDINGS: readonly (Call | undefined)[] = [
  endsAtOnce,
  endsAtOnce,
  readsSignal,
  endsLater,
  endsLater,
  throws,
  fails,
];

/** Calls that end in every way that a call can, all with a timeout and most with one caller's signal. */
export class MixedCalls {
  readonly pipeline: ResiliencePipeline;
  /** The signal that the calls share; it never aborts. */
  readonly signal: AbortSignal = new AbortController().signal;
  readonly #ending: BoundOperationSpec<number, number>;
  readonly #hanging: BoundOperationSpec<number, number>;

  constructor(clock: Clock) {
    this.pipeline = new ResiliencePipeline('endurance', OPTIONS, clock);
    this.#ending = this.pipeline.bind('get');
    this.#hanging = this.pipeline.bind('hang', { tryTimeoutMs: TIMEOUT_MS });
  }

  /**
   * Starts calls together.
   * @returns how many ended in which way: a value, or the code of an error
   */
  async start(count: number): Promise<Record<string, number>> {
    const calls = Array.from({ length: count }, (_, index) => this.#outcome(index % 10));
    const outcomes: Record<string, number> = {};
    for (const outcome of await Promise.all(calls)) {
      outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
    }
    return outcomes;
  }

  async #outcome(kind: number): Promise<string> {
    try {
      return String(await this.#call(kind));
    } catch (error) {
      return (error as { code: string }).code;
    }
  }

  #call(kind: number): Promise<number> {
    const { pipeline, signal } = this;
    const work = ENDINGS[kind];
    if (work) return pipeline.run(this.#ending, work, 1, { signal });
    if (kind === 9) return this.#cancelled();
    return pipeline.run(this.#hanging, kind === 8 ? hangs : hangsReadingSignal, 1, { signal });
  }

  /** A call whose caller gives it up. */
  #cancelled(): Promise<number> {
    const controller = new AbortController();
    const { signal } = controller;
    const call = this.pipeline.run(this.#hanging, hangs, 1, { signal });
    controller.abort();
    return call;
  }
}
