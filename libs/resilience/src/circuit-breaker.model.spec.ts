import fc from 'fast-check';
import { FakeClock } from 'nestjs-mainstay/testing';
import { describe, expect, it } from 'vitest';
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
  opensOnRefused: false,
  slowCallMs: Infinity,
  slowCallRatio: 0.5,
};
const LEASE_MS = 400;
const BUCKET_MS = OPTIONS.windowMs / 10;

/** The breaker's rules written down as plainly as possible: lists instead of rings, recounted at every step. */
class ModelBreaker {
  state: CircuitState = 'closed';
  generation = 0;
  results: { at: number; failed: boolean }[] = [];
  streak: number[] = [];
  openUntil = 0;
  leases: { id: number; until: number }[] = [];
  halfOpenSuccesses = 0;

  admit(now: number, id: number): boolean {
    if (this.state === 'closed') return true;
    if (this.state === 'open' && now >= this.openUntil) this.enter('half-open');
    if (this.state !== 'half-open') return false;
    this.leases = this.leases.filter(({ until }) => until > now);
    if (this.leases.length + this.halfOpenSuccesses >= OPTIONS.halfOpenPermits) return false;
    this.leases.push({ id, until: now + LEASE_MS });
    return true;
  }

  succeed(now: number, id: number): void {
    if (this.state === 'closed') this.succeedClosed(now);
    else if (this.giveBack(id) && ++this.halfOpenSuccesses === OPTIONS.halfOpenPermits) {
      this.enter('closed');
    }
  }

  fail(now: number, id: number): void {
    if (this.state === 'closed') this.failClosed(now);
    else if (this.giveBack(id)) this.open(now);
  }

  probe(now: number, succeeded: boolean): void {
    if (this.state === 'isolated') return;
    if (this.state === 'closed') {
      if (succeeded) this.succeedClosed(now);
      else this.failClosed(now);
    } else if (succeeded) this.enter('closed');
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

  reset(): void {
    if (this.state !== 'closed') this.enter('closed');
    this.results = [];
    this.streak = [];
  }

  private succeedClosed(now: number): void {
    this.results.push({ at: now, failed: false });
    this.streak = [];
  }

  private failClosed(now: number): void {
    this.results.push({ at: now, failed: true });
    this.streak.push(now);
    const oldestBucket = Math.floor(now / BUCKET_MS) - 9;
    const counted = this.results.filter(({ at }) => Math.floor(at / BUCKET_MS) >= oldestBucket);
    const failed = counted.filter((result) => result.failed).length;
    const isRow =
      this.streak.length >= OPTIONS.consecutiveFailures &&
      now - (this.streak[0] as number) >= OPTIONS.consecutiveSpanMs;
    const isShare =
      counted.length >= OPTIONS.minimumCalls && failed / counted.length >= OPTIONS.failureRatio;
    if (isRow || isShare) this.open(now);
  }

  private open(now: number): void {
    this.openUntil = now + OPTIONS.openMs;
    this.enter('open');
  }
}

type Step =
  | { do: 'admit' }
  | { do: 'isolate' }
  | { do: 'reset' }
  | { do: 'wait'; ms: number }
  | { do: 'succeed' | 'fail' | 'neutral'; which: number }
  | { do: 'probe'; succeeded: boolean };

const which = fc.nat(9);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ do: fc.constant('admit' as const) }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constantFrom('succeed', 'fail', 'fail'), which }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('neutral' as const), which }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.nat(700) }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('probe' as const), succeeded: fc.boolean() }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('isolate', 'reset', 'reset') }) },
);

interface Call {
  readonly id: number;
  readonly permit: CircuitPermit;
  readonly generation: number;
}

/** Drives the breaker and its model through the same steps and compares them after each. */
class Comparison {
  readonly clock = new FakeClock();
  readonly breaker = new CircuitBreaker('cache', OPTIONS, LEASE_MS, this.clock);
  readonly model = new ModelBreaker();
  readonly transitions: CircuitTransition[] = [];
  readonly calls: Call[] = [];
  readonly differences: string[] = [];
  #ids = 0;

  constructor() {
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
      if (this.model.state !== 'isolated') this.model.enter('isolated');
    } else if (taken.do === 'reset') {
      this.breaker.reset();
      this.model.reset();
    } else this.end(taken.do, taken.which);
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

  end(how: 'succeed' | 'fail' | 'neutral', index: number): void {
    const [call] = this.calls.splice(index % Math.max(1, this.calls.length), 1);
    if (!call) return;
    const now = this.clock.now();
    const isCurrent = call.generation === this.model.generation;
    if (how === 'succeed') this.breaker.recordSuccess(call.permit);
    else if (how === 'fail') this.breaker.recordFailure(call.permit);
    else this.breaker.recordNeutral(call.permit);
    if (!isCurrent) return;
    if (how === 'succeed') this.model.succeed(now, call.id);
    else if (how === 'fail') this.model.fail(now, call.id);
    else this.model.giveBack(call.id);
  }
}

describe('CircuitBreaker against a model', () => {
  it('resilience rules 8, 9, 10: does what the model does, whatever happens in whatever order', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 120, size: 'max' }), async (steps) => {
        const comparison = new Comparison();
        for (const one of steps) await comparison.take(one);
        expect(comparison.differences).toEqual([]);
        expect(comparison.transitions.map(({ from }) => from)).toEqual(
          ['closed', ...comparison.transitions.map(({ to }) => to)].slice(0, -1),
        );
      }),
      { numRuns: 150 },
    );
  });
});
