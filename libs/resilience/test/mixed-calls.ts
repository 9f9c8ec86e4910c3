import { NoopRecorder, ResiliencePipeline } from 'nestjs-mainstay/resilience';

/** @typedef {import('nestjs-mainstay/common').Clock} Clock */
/** @typedef {import('nestjs-mainstay/resilience').OperationContext} OperationContext */
/** @typedef {(arg: number, context: OperationContext) => Promise<number>} Work */

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

/** Calls that end in every way that a call can, all with a timeout and most with one caller's signal. */
export class MixedCalls {
  pipeline;
  /** The signal that the calls share; it never aborts. */
  signal = new AbortController().signal;
  #ending;
  #hanging;

  /** @param {Clock} clock */
  constructor(clock) {
    this.pipeline = new ResiliencePipeline('endurance', OPTIONS, clock);
    const recorder = new NoopRecorder().bind('endurance', 'get');
    this.#ending = this.pipeline.bind('get', {}, recorder);
    this.#hanging = this.pipeline.bind('hang', { tryTimeoutMs: TIMEOUT_MS }, recorder);
  }

  /**
   * Starts calls together.
   * @param {number} count
   * @returns {Promise<Record<string, number>>} how many ended in which way: a value, or the code of an error
   */
  async start(count) {
    const calls = Array.from({ length: count }, (_, index) => this.#outcome(index % 10));
    /** @type {Record<string, number>} */
    const outcomes = {};
    for (const outcome of await Promise.all(calls))
      outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
    return outcomes;
  }

  /** @param {number} kind */
  async #outcome(kind) {
    try {
      return String(await this.#call(kind));
    } catch (error) {
      return /** @type {{ code: string }} */ (error).code;
    }
  }

  /** @param {number} kind */
  #call(kind) {
    const { pipeline, signal } = this;
    const work = endings[kind];
    if (work) return pipeline.run(this.#ending, work, 1, { signal });
    if (kind === 9) return this.#cancelled();
    return pipeline.run(this.#hanging, kind === 8 ? hangs : hangsReadingSignal, 1, { signal });
  }

  /** A call whose caller gives it up. */
  #cancelled() {
    const controller = new AbortController();
    const { signal } = controller;
    const call = this.pipeline.run(this.#hanging, hangs, 1, { signal });
    controller.abort();
    return call;
  }
}

/** @type {Work} */
async function endsAtOnce(arg) {
  return arg;
}

/** @type {Work} */
async function readsSignal(arg, { signal }) {
  return signal.aborted ? -1 : arg;
}

/** @type {Work} */
function endsLater(arg) {
  return new Promise((resolve) => setImmediate(() => resolve(arg)));
}

/** @type {Work} */
function throws() {
  throw RESET;
}

/** @type {Work} */
async function fails() {
  throw RESET;
}

/** @type {Work} */
function hangs() {
  return new Promise(() => {});
}

/** @type {Work} */
function hangsReadingSignal(_arg, { signal }) {
  return new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(RESET)));
}

const endings = [endsAtOnce, endsAtOnce, readsSignal, endsLater, endsLater, throws, fails];
