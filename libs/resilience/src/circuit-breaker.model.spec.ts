import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SimulationClock } from '../../../test/support/simulation-clock.js';
import { CircuitBreaker } from './circuit-breaker.js';
import type { CircuitPermit } from './circuit-leases.js';
import type { CircuitState, CircuitTransition } from './circuit-transition.js';
import { CircuitOpenError } from './circuit-open.error.js';
import type { ResolvedBreakerOptions } from './resolve-options.js';

const OPTIONS: ResolvedBreakerOptions = {
  failureRatio: 0.5,
  minimumCalls: 4,
  windowMs: 1_000,
  consecutiveFailures: 3,
  consecutiveSpanMs: 200,
  openMs: 500,
  halfOpenPermits: 2,
  opensOnRefused: true,
  slowCallMs: 50,
  slowCallRatio: 0.6,
};
const LEASE_MS = 400;
const BUCKET_MS = OPTIONS.windowMs / 10;

/** The breaker's rules written down as plainly as possible: lists instead of rings, recounted at every step. */
class ModelBreaker {
  state: CircuitState = 'closed';
  generation = 0;
  results: { at: number; failed: boolean; isSlow: boolean }[] = [];
  streak: number[] = [];
  openUntil = 0;
  leases: { id: number; until: number }[] = [];
  halfOpenSuccesses = 0;
  /** When the failures began that opened the breaker. */
  outageStartedAt: number | undefined;
  recoveriesMs: number[] = [];

  get letsAllThrough(): boolean {
    return this.state === 'closed' || this.state === 'metrics-only';
  }

  admit(now: number, id: number): boolean {
    if (this.letsAllThrough) return true;
    if (this.state === 'open' && now >= this.openUntil) this.enter('half-open');
    if (this.state !== 'half-open') return false;
    this.leases = this.leases.filter(({ until }) => until > now);
    if (this.leases.length + this.halfOpenSuccesses >= OPTIONS.halfOpenPermits) return false;
    this.leases.push({ id, until: now + LEASE_MS });
    return true;
  }

  succeed(now: number, id: number, isSlow: boolean): void {
    if (this.letsAllThrough) this.countSuccess(now, isSlow);
    else if (this.giveBack(id)) {
      if (isSlow) this.open(now);
      else if (++this.halfOpenSuccesses === OPTIONS.halfOpenPermits) this.recover(now);
    }
  }

  fail(now: number, id: number, isSlow: boolean, isRefused: boolean): void {
    if (this.letsAllThrough) this.countFailure(now, isSlow, isRefused);
    else if (this.giveBack(id)) this.open(now);
  }

  probe(now: number, succeeded: boolean): void {
    if (this.state === 'isolated') return;
    if (this.letsAllThrough) {
      if (succeeded) this.countSuccess(now, false);
      else this.countFailure(now, false, false);
    } else if (succeeded) this.recover(now);
    else if (this.state === 'half-open') this.open(now);
  }

  giveBack(id: number): boolean {
    const before = this.leases.length;
    this.leases = this.leases.filter((lease) => lease.id !== id);
    return this.state === 'half-open' && this.leases.length < before;
  }

  enter(state: CircuitState): void {
    this.state = state;
    this.generation++;
    this.leases = [];
    this.halfOpenSuccesses = 0;
    this.streak = [];
    if (state === 'closed') this.results = [];
  }

  /** What an operator says hides an outage, but ends none. */
  command(state: 'isolated' | 'metrics-only' | 'closed'): void {
    if (this.state === state) return;
    this.enter(state);
    this.outageStartedAt = undefined;
  }

  reset(): void {
    this.command('closed');
    this.results = [];
    this.streak = [];
  }

  private recover(now: number): void {
    if (this.outageStartedAt !== undefined) this.recoveriesMs.push(now - this.outageStartedAt);
    this.outageStartedAt = undefined;
    this.enter('closed');
  }

  private countSuccess(now: number, isSlow: boolean): void {
    this.results.push({ at: now, failed: false, isSlow });
    this.streak = [];
    if (isSlow) this.judge(now);
  }

  private countFailure(now: number, isSlow: boolean, isRefused: boolean): void {
    this.results.push({ at: now, failed: true, isSlow });
    this.streak.push(now);
    if (isRefused) this.open(now);
    else this.judge(now);
  }

  private judge(now: number): void {
    const oldestBucket = Math.floor(now / BUCKET_MS) - 9;
    const counted = this.results.filter(({ at }) => Math.floor(at / BUCKET_MS) >= oldestBucket);
    const failed = counted.filter((result) => result.failed).length;
    const slow = counted.filter((result) => result.isSlow).length;
    const isRow =
      this.streak.length >= OPTIONS.consecutiveFailures &&
      now - (this.streak[0] as number) >= OPTIONS.consecutiveSpanMs;
    const isShare =
      counted.length >= OPTIONS.minimumCalls &&
      (failed / counted.length >= OPTIONS.failureRatio ||
        slow / counted.length >= OPTIONS.slowCallRatio);
    if (isRow || isShare) this.open(now);
  }

  private open(now: number): void {
    if (this.state === 'metrics-only') return;
    this.outageStartedAt ??= this.streak[0] ?? now;
    this.openUntil = now + OPTIONS.openMs;
    this.enter('open');
  }
}

type EndStep = {
  do: 'succeed' | 'fail' | 'refuse' | 'neutral';
  which: number;
  isSlow: boolean;
};

type Step =
  | { do: 'admit' }
  | { do: 'isolate' }
  | { do: 'metrics only' }
  | { do: 'reset' }
  | { do: 'wait'; ms: number }
  | EndStep
  | { do: 'probe'; succeeded: boolean };

const endStep: fc.Arbitrary<EndStep> = fc.record({
  do: fc.oneof(
    { weight: 12, arbitrary: fc.constantFrom('succeed' as const, 'fail' as const) },
    { weight: 1, arbitrary: fc.constantFrom('refuse' as const, 'neutral' as const) },
  ),
  which: fc.nat(9),
  isSlow: fc.oneof(
    { weight: 3, arbitrary: fc.constant(false) },
    { weight: 1, arbitrary: fc.constant(true) },
  ),
});
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 14, arbitrary: fc.record({ do: fc.constant('admit' as const) }) },
  { weight: 12, arbitrary: endStep },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.nat(700) }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('probe' as const), succeeded: fc.boolean() }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constantFrom('isolate', 'metrics only', 'reset', 'reset') }),
  },
);

interface Call {
  readonly id: number;
  readonly permit: CircuitPermit;
  readonly generation: number;
}

/** Drives the breaker and its model through the same steps and compares them after each. */
class Comparison {
  readonly clock = new SimulationClock();
  readonly breaker = new CircuitBreaker('cache', OPTIONS, LEASE_MS, this.clock);
  readonly model = new ModelBreaker();
  readonly transitions: CircuitTransition[] = [];
  readonly calls: Call[] = [];
  readonly differences: string[] = [];
  #ids = 0;

  constructor() {
    this.clock.random = () => 0.5;
    this.breaker.subscribe((transition) => this.transitions.push(transition));
  }

  async take(taken: Step): Promise<void> {
    const now = this.clock.now();
    if (taken.do === 'wait') await this.clock.advance(taken.ms);
    else if (taken.do === 'admit') this.admit();
    else if (taken.do === 'probe') {
      this.breaker.recordProbe(taken.succeeded);
      this.model.probe(now, taken.succeeded);
    } else if (taken.do === 'isolate') {
      this.breaker.isolate();
      this.model.command('isolated');
    } else if (taken.do === 'metrics only') {
      this.breaker.metricsOnly();
      this.model.command('metrics-only');
    } else if (taken.do === 'reset') {
      this.breaker.reset();
      this.model.reset();
    } else this.end(taken);
    this.compare('state', this.breaker.state, this.model.state);
  }

  compare(what: string, found: unknown, expected: unknown): void {
    if (found !== expected)
      this.differences.push(`${what}: ${String(found)}, not ${String(expected)}`);
  }

  admit(): void {
    const id = this.#ids++;
    const isAdmitted = this.model.admit(this.clock.now(), id);
    try {
      const permit = this.breaker.admit();
      this.compare('admitted', true, isAdmitted);
      this.calls.push({ id, permit, generation: this.model.generation });
    } catch (error) {
      if (!(error instanceof CircuitOpenError)) throw error;
      this.compare('admitted', false, isAdmitted);
    }
  }

  end({ do: how, which, isSlow }: EndStep): void {
    const [call] = this.calls.splice(which % Math.max(1, this.calls.length), 1);
    if (!call) return;
    const now = this.clock.now();
    const durationMs = isSlow ? OPTIONS.slowCallMs : OPTIONS.slowCallMs - 1;
    const isCurrent = call.generation === this.model.generation;
    const isRefused = how === 'refuse';
    if (how === 'succeed') this.breaker.recordSuccess(call.permit, durationMs);
    else if (how === 'neutral') this.breaker.recordNeutral(call.permit);
    else this.breaker.recordFailure(call.permit, durationMs, now, isRefused);
    if (!isCurrent) return;
    if (how === 'succeed') this.model.succeed(now, call.id, isSlow);
    else if (how === 'neutral') this.model.giveBack(call.id);
    else this.model.fail(now, call.id, isSlow, isRefused);
  }
}

describe('CircuitBreaker against a model', { timeout: 60_000 }, () => {
  it('resilience rules 8, 9, 10, 19: does what the model does, whatever happens in whatever order', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 120, size: 'max' }), async (steps) => {
        const comparison = new Comparison();
        for (const one of steps) await comparison.take(one);
        expect(comparison.differences).toEqual([]);
        const recoveries = comparison.transitions.flatMap(({ recoveryMs }) => recoveryMs ?? []);
        expect(recoveries).toEqual(comparison.model.recoveriesMs);
        expect(comparison.transitions.map(({ from }) => from)).toEqual(
          ['closed', ...comparison.transitions.map(({ to }) => to)].slice(0, -1),
        );
      }),
      { numRuns: 1_000 },
    );
  });
});
