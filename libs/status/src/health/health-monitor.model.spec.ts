import { Logger } from '@nestjs/common';
import fc from 'fast-check';
import { FakeClock } from 'nestjs-mainstay/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  INTERVAL_MS,
  Partner,
  WatchedService,
  type Behaviour,
} from '../../test/watched-service.js';

/** How bad what a probe found is. */
const BADNESS = { reachable: 0, impaired: 1, unreachable: 2 } as const;
type Found = keyof typeof BADNESS;

type Step =
  | { readonly do: 'behave'; readonly as: Behaviour }
  | { readonly do: 'wait'; readonly ms: number }
  | { readonly do: 'call'; readonly kind: 'read' | 'write'; readonly times: number }
  | { readonly do: 'isolate' | 'reset' | 'fail' | 'recover' };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('behave' as const),
      as: fc.constantFrom<Behaviour>('answers', 'refuses', 'hangs', 'read-only'),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('wait' as const),
      ms: fc.constantFrom(1, 100, 499, 500, 1_000, 2_500, 5_000, 12_000),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('call' as const),
      kind: fc.constantFrom('read' as const, 'write' as const),
      times: fc.integer({ min: 1, max: 8 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constantFrom(
        'isolate' as const,
        'reset' as const,
        'fail' as const,
        'recover' as const,
      ),
    }),
  },
);

/** What is believed after these findings, by the words of the rule: three for the worse, two for the better. */
function believe(found: readonly Found[]): Found {
  let believed: Found = 'reachable';
  let worse = 0;
  let better = 0;
  for (const one of found) {
    worse = BADNESS[one] > BADNESS[believed] ? worse + 1 : 0;
    better = BADNESS[one] < BADNESS[believed] ? better + 1 : 0;
    if (worse < 3 && better < 2) continue;
    believed = one;
    worse = better = 0;
  }
  return believed;
}

beforeEach(() => {
  for (const level of ['debug', 'log', 'warn', 'error'] as const) {
    vi.spyOn(Logger.prototype, level).mockImplementation(() => {});
  }
});

afterEach(() => vi.restoreAllMocks());

/** A service, and what the model knows of it. */
class Run {
  readonly clock = new FakeClock();
  readonly service = new WatchedService(this.clock);
  readonly partner = new Partner(this.clock);
  readonly entry = this.service.ready(this.partner);
  readonly #get = this.service.bind(this.partner, 'get', { proves: 'read' }, { breaker: {} });
  readonly #set = this.service.bind(this.partner, 'set', { proves: 'write' });
  readonly #breaker = this.service.operations.get('partner').breaker!;
  /** Probes that were made before the resource was initialised last. */
  #past = 0;

  async take(one: Step): Promise<void> {
    const { service, partner, entry } = this;
    switch (one.do) {
      case 'behave':
        partner.behaviour = one.as;
        break;
      case 'wait':
        await this.clock.advance(one.ms);
        break;
      case 'call':
        for (let call = 0; call < one.times; call++) {
          service.call(one.kind === 'read' ? this.#get : this.#set, partner, one.kind);
        }
        await this.clock.settle();
        break;
      case 'isolate':
        this.#breaker.isolate();
        break;
      case 'reset':
        this.#breaker.reset();
        break;
      case 'fail':
        entry.enter('failed');
        await this.clock.settle();
        break;
      case 'recover':
        if (entry.phase === 'ready') break;
        this.#past = partner.probes.length;
        entry.enter('ready');
    }
  }

  check(): void {
    const { service, partner, clock } = this;
    expect(partner.mostRunning).toBeLessThanOrEqual(1);
    expect(service.state()).toBe(this.#expected());
    const { circuit } = this.entry;
    const open = service.incidents.all().filter(({ end }) => end === undefined);
    expect(open.length).toBeLessThanOrEqual(1);
    if (service.state() === 'up') expect(open).toEqual([]);
    else if (circuit !== 'isolated') expect(open).toHaveLength(1);
    for (const { start, end, recoveryMs } of service.incidents.all()) {
      expect(start).toBeLessThanOrEqual(end ?? clock.wallTime());
      if (end !== undefined) expect(recoveryMs).toBe(end - start);
    }
  }

  /** Timers in the background: of the next probe, or of the one that runs; and of the looks of an outage. */
  get timers(): number {
    const { all, foreground } = this.clock.pending;
    return all - foreground;
  }

  #expected(): string {
    if (this.entry.phase !== 'ready') return 'down';
    const believed = believe(this.partner.probes.slice(this.#past).map(({ found }) => found));
    const { state } = this.#breaker;
    if (believed === 'unreachable' || state === 'open' || state === 'isolated') return 'down';
    return believed === 'impaired' || state === 'half-open' ? 'degraded' : 'up';
  }
}

describe('HealthMonitor, as a model', () => {
  it('status rule 5: is as phase, breaker and damped probes say, whatever calls do; one probe and one timer at a time', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
        const run = new Run();
        try {
          for (const one of steps) {
            await run.take(one);
            run.check();
            expect(run.timers).toBeLessThanOrEqual(
              run.service.incidents.all().at(-1)?.recoveryMs === undefined ? 2 : 1,
            );
          }
          // From any state it comes back by itself, once it may.
          for (const last of ['recover', 'reset'] as const) await run.take({ do: last });
          run.partner.behaviour = 'answers';
          await run.clock.advance(4 * INTERVAL_MS);
          run.check();
          expect(run.service.state()).toBe('up');
        } finally {
          run.service.monitor.beforeApplicationShutdown();
        }
        await run.clock.advance(60_000);
        expect(run.clock.pending.all).toBe(0);
      }),
      { numRuns: 150 },
    );
  });
});
