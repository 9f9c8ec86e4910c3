import { Logger } from '@nestjs/common';
import { RecordedCalls } from 'nestjs-mainstay/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { SimulationClock } from '../../../test/support/simulation-clock.js';
import type { CallOptions, OperationOptions, Work } from './operation.js';
import { ResiliencePipeline } from './resilience-pipeline.js';
import type { LimiterOptions } from './limiter.js';
import type { BreakerOptions, PipelineOptions } from './resilience.options.js';

/** Steps of one course; in each some calls begin and some time may pass. */
const STEPS = 80;

const errorOf = (code: string): Error => Object.assign(new Error(code), { code });

/** Courses of calls of all kinds, at random from a seed: whatever happens, the pipeline must keep its books. */
class Course {
  readonly clock: SimulationClock;
  readonly pipeline: ResiliencePipeline;
  readonly recorded = new RecordedCalls();
  begun = 0;
  settled = 0;
  executed = 0;
  /** What the observer of the operations has seen. */
  readonly seen = { begun: 0, ended: 0 };
  readonly #shared = new AbortController();
  readonly #controllers: AbortController[] = [];
  readonly #operations;

  constructor(seed: number) {
    this.clock = new SimulationClock(seed);
    this.pipeline = new ResiliencePipeline('p', this.#options(), this.clock);
    const behaviours: OperationOptions<string, string>[] = [
      { idempotent: true },
      { fallback: () => this.#fallBack() },
      { idempotent: true, breaker: false },
      { idempotent: true, limiter: false, fallback: () => this.#fallBack() },
    ];
    this.#operations = behaviours.map((options, number) =>
      this.pipeline.bind(`o${number}`, options, this.recorded.bind('p', `o${number}`), {
        begun: () => this.seen.begun++,
        succeeded: () => this.seen.ended++,
        failed: () => this.seen.ended++,
      }),
    );
  }

  async run(afterEachStep: () => void): Promise<void> {
    for (let step = 0; step < STEPS; step++) {
      for (let call = this.#below(4); call > 0; call--) this.#begin(0);
      if (this.#happens(0.15)) this.#controllers.at(this.#below(this.#controllers.length))?.abort();
      this.#command();
      if (this.#happens(0.5)) await this.clock.advance(this.#below(40));
      afterEachStep();
    }
  }

  async end(): Promise<void> {
    if (this.#happens(0.5)) this.#shared.abort();
    this.pipeline.shutdown();
    const drained = this.pipeline.drain(this.#pick([0, 50, 1_000]));
    await this.clock.advance(60_000);
    await drained;
    await this.clock.advance(0);
  }

  #options(): PipelineOptions {
    return {
      tryTimeoutMs: this.#pick<number | false>([100, 50, false]),
      totalTimeoutMs: this.#pick<number | false>([100, 300, false]),
      limiter: this.#pick<LimiterOptions>([
        { maxConcurrent: 2, maxQueue: 2, maxWaitMs: 40 },
        { maxConcurrent: 1, maxQueue: 0 },
        { maxConcurrent: 50 },
      ]),
      breaker: this.#pick<BreakerOptions>([
        { openMs: 200, minimumCalls: 3 },
        {},
        { opensOnRefused: true, openMs: 100 },
      ]),
      retry: { baseDelayMs: 30 },
    };
  }

  #begin(depth: number): void {
    this.begun++;
    const operation = this.#pick(this.#operations);
    const result = this.pipeline.execute(operation, this.#work(depth), 'key', this.#callOptions());
    const settle = (): void => void this.settled++;
    if (result instanceof Promise) result.then(settle, settle);
    else settle();
  }

  #callOptions(): CallOptions | undefined {
    if (this.#happens(0.5)) return undefined;
    let signal: AbortSignal | undefined;
    if (this.#happens(0.2)) signal = this.#shared.signal;
    else if (this.#happens(0.5)) {
      const controller = new AbortController();
      this.#controllers.push(controller);
      ({ signal } = controller);
    }
    const deadline = this.#happens(0.4) ? this.clock.now() + this.#below(200) - 20 : undefined;
    return { signal, deadline };
  }

  /** Work of every kind: at once or later, a value or an error, a promise or a thenable, or nothing at all. */
  #work(depth: number): Work<string, string> {
    return (_key, context) => {
      this.executed++;
      if (this.#happens(0.2)) void context.signal;
      if (depth < 2 && this.#happens(0.1)) this.#begin(depth + 1);
      if (this.#happens(0.35)) return 'at once';
      if (this.#happens(0.1)) throw errorOf(this.#pick(['ECONNRESET', 'ECONNREFUSED']));
      if (this.#happens(0.05)) return new Promise<never>(() => undefined);
      const error = this.#happens(0.5) ? this.#error() : undefined;
      const answer = error ? Promise.reject(error) : Promise.resolve('later');
      if (this.#happens(0.1)) return foreign(answer);
      if (this.#happens(0.5)) return answer;
      answer.catch(() => undefined);
      return this.clock.sleep(this.#below(250)).then(() => answer);
    };
  }

  #error(): Error {
    const throttled = { kind: 'throttled', type: 'X', retryAfterMs: this.#below(100) };
    return this.#pick([
      errorOf('ECONNRESET'),
      errorOf('ECONNREFUSED'),
      new TypeError('unknown'),
      Object.assign(new Error('known'), { classification: { kind: 'permanent', type: 'X' } }),
      Object.assign(new Error('slow down'), { classification: throttled }),
    ]);
  }

  #fallBack(): string | Promise<string> {
    if (this.#happens(0.3)) throw errorOf('ECONNRESET');
    return this.#happens(0.2) ? this.clock.sleep(this.#below(150)).then(() => 'older') : 'older';
  }

  #command(): void {
    const { breaker } = this.pipeline;
    const command = this.#below(50);
    if (command === 0) breaker?.isolate();
    else if (command === 1) breaker?.metricsOnly();
    else if (command === 2) breaker?.reset();
    else if (command === 3) breaker?.recordProbe(this.#happens(0.5));
  }

  #happens(share: number): boolean {
    return this.clock.random() < share;
  }

  #below(limit: number): number {
    return Math.floor(this.clock.random() * limit);
  }

  #pick<T>(values: readonly T[]): T {
    return values[this.#below(values.length)]!;
  }
}

/** The same answer, from a thenable of somebody else's making. */
function foreign(answer: Promise<string>): PromiseLike<string> {
  const thenable = {};
  Reflect.set(thenable, 'then', answer.then.bind(answer));
  return thenable as PromiseLike<string>;
}

describe('ResiliencePipeline, on random courses of calls', () => {
  beforeEach(() => void vi.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined));
  afterEach(() => vi.restoreAllMocks());

  it.each([0, 25, 50, 75])(
    'resilience rules 15, 16, 21: every call ends once, and leaves no slot, no timer behind: seeds from %i',
    async (firstSeed) => {
      for (let seed = firstSeed; seed < firstSeed + 25; seed++) {
        const course = new Course(seed);
        const { pipeline, seen } = course;
        await course.run(() => {
          const { inFlight, limiter } = pipeline.status();
          expect(inFlight, `seed ${seed}`).toBe(seen.begun - seen.ended);
          expect(limiter!.inFlight, `seed ${seed}`).toBeGreaterThanOrEqual(0);
          expect(limiter!.inFlight, `seed ${seed}`).toBeLessThanOrEqual(limiter!.maxConcurrent);
        });
        await course.end();
        expect(pipeline.status(), `seed ${seed}`).toMatchObject({
          inFlight: 0,
          limiter: { inFlight: 0, queued: 0 },
        });
        const { begun, settled, executed, clock, recorded } = course;
        expect([seen.begun, seen.ended, settled], `seed ${seed}`).toEqual([begun, begun, begun]);
        expect(clock.pending, `seed ${seed}`).toBe(0);
        const tries = recorded.calls.filter((line) => line.includes(' try '));
        expect(tries, `seed ${seed}`).toHaveLength(executed);
      }
    },
  );
});
