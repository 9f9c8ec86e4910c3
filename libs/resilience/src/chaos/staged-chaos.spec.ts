import { Logger } from '@nestjs/common';
import { FakeClock } from 'nestjs-mainstay/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { OperationContext } from '../operation.js';
import { ListenerErrors } from '../listener-errors.js';
import type { ChaosCall, ChaosStage } from './chaos-stage.js';
import { StagedChaos } from './staged-chaos.js';

const FULL = Object.assign(new Error('no space left'), { code: 'ENOSPC' });
const AWAY = Object.assign(new Error('connect'), { code: 'ECONNREFUSED' });

function contextOf(parts: Partial<OperationContext> = {}): OperationContext {
  const { signal } = new AbortController();
  return { resource: 'storage', operation: 'put', tryNumber: 1, startedAt: 0, signal, ...parts };
}

function setUp(...stages: ChaosStage[]) {
  const clock = new FakeClock();
  const chaos = new StagedChaos({ clock, environment: {} });
  const handles = stages.map((stage) => chaos.stage(stage));
  const work = vi.fn<(arg: string) => string>((arg) => `real ${arg}`);
  const run = (context?: Partial<OperationContext>, arg = 'key') =>
    chaos.run(work, arg, contextOf(context));
  const outcome = (context?: Partial<OperationContext>): unknown => {
    try {
      return run(context);
    } catch (error) {
      return error;
    }
  };
  return { clock, chaos, handles, work, run, outcome };
}

describe('StagedChaos', () => {
  const warn = vi.spyOn(Logger.prototype, 'warn');
  beforeEach(() => warn.mockReset().mockImplementation(() => undefined));
  afterEach(() => vi.clearAllMocks());

  it('lets everything be where nothing is staged', () => {
    const { chaos, run } = setUp();
    expect(chaos.isArmed).toBe(false);
    expect(run()).toBe('real key');
  });

  describe('what it does', () => {
    it('fails with the staged fault, without executing the work', () => {
      const { outcome, work } = setUp({ fault: FULL });
      expect(outcome()).toBe(FULL);
      expect(work).not.toHaveBeenCalled();
    });

    it('asks a function for the fault of each try', () => {
      const fault = vi.fn<() => Error>(() => new Error('made'));
      const { outcome } = setUp({ fault });
      expect(outcome()).not.toBe(outcome());
      expect(fault).toHaveBeenCalledTimes(2);
    });

    it('gives the staged result, without executing the work', () => {
      const { run, work } = setUp({ result: 'staged' });
      expect(run()).toBe('staged');
      expect(work).not.toHaveBeenCalled();
    });

    it('may stage that nothing is the result', () => {
      expect(setUp({ result: undefined }).run()).toBeUndefined();
    });

    it("asks a function for the result, with the operation's argument", () => {
      expect(setUp({ result: (arg: unknown) => `staged ${String(arg)}` }).run()).toBe('staged key');
    });

    it('waits for the latency before the work', async () => {
      const { run, work, clock } = setUp({ latencyMs: 200 });
      const result = run();
      await clock.advance(199);
      expect(work).not.toHaveBeenCalled();
      await clock.advance(1);
      expect(await result).toBe('real key');
    });

    it('waits for the latency before the fault or the result', async () => {
      const { run, clock } = setUp(
        { latencyMs: 200, fault: FULL, times: 1 },
        { latencyMs: 50, result: 1 },
      );
      const failing = expect(run()).rejects.toBe(FULL);
      const passing = run();
      await clock.advance(200);
      await failing;
      expect(await passing).toBe(1);
    });

    it('does not wait on for a try that is given up, and leaves no timer behind', async () => {
      const { run, work, clock } = setUp({ latencyMs: 60_000 });
      const controller = new AbortController();
      const reason = new Error('the try timed out');
      const result = expect(run({ signal: controller.signal })).rejects.toBe(reason);
      await clock.settle();
      controller.abort(reason);
      await result;
      expect(work).not.toHaveBeenCalled();
      expect(clock.pending.all).toBe(0);
    });
  });

  describe('whom it strikes', () => {
    it('only the resource and the operation that it is staged for', () => {
      const { outcome } = setUp({ resource: 'storage', operation: 'put', fault: FULL });
      expect(outcome({ resource: 'cache' })).toBe('real key');
      expect(outcome({ operation: 'get' })).toBe('real key');
      expect(outcome()).toBe(FULL);
    });

    it('only tries that its predicate picks, which sees the whole call', () => {
      const seen: ChaosCall[] = [];
      const when = (call: ChaosCall): boolean => {
        seen.push(call);
        return call.tryNumber === 2;
      };
      const { outcome } = setUp({ fault: AWAY, when });
      expect(outcome({ tryNumber: 1 })).toBe('real key');
      expect(outcome({ tryNumber: 2 })).toBe(AWAY);
      expect(seen[0]).toEqual({ resource: 'storage', operation: 'put', arg: 'key', tryNumber: 1 });
    });

    it('resilience rule 17: nobody because of a predicate that throws, which is reported', () => {
      const report = vi.spyOn(ListenerErrors.prototype, 'report').mockReturnValue();
      const defect = new TypeError('x');
      const when = (): boolean => {
        throw defect;
      };
      const { outcome } = setUp({ fault: AWAY, when });
      expect(outcome()).toBe('real key');
      expect(report).toHaveBeenCalledWith(expect.any(String), defect);
      report.mockRestore();
    });

    it('a share of the tries, by the randomness of the clock', () => {
      const { outcome, clock } = setUp({ fault: AWAY, rate: 0.3 });
      clock.randoms.push(0.29, 0.3, 0);
      expect([outcome(), outcome(), outcome()]).toEqual([AWAY, 'real key', AWAY]);
    });

    it('nobody at rate 0 and everybody at rate 1', () => {
      const never = setUp({ fault: AWAY, rate: 0 });
      never.clock.randoms.push(0);
      expect(never.outcome()).toBe('real key');
      const always = setUp({ fault: AWAY, rate: 1 });
      always.clock.randoms.push(0.999);
      expect(always.outcome()).toBe(AWAY);
    });

    it('so many after so many that pass', () => {
      const { outcome } = setUp({ fault: FULL, after: 1, times: 2 });
      const ok = 'real key';
      expect([1, 2, 3, 4].map(() => outcome())).toEqual([ok, FULL, FULL, ok]);
    });

    it('counts as passing only what it is meant for', () => {
      const { outcome } = setUp({ operation: 'put', fault: FULL, after: 1 });
      outcome({ operation: 'get' });
      expect(outcome()).toBe('real key');
      expect(outcome()).toBe(FULL);
    });

    it('by the first stage that is meant for the try, in the order of staging', () => {
      const { outcome } = setUp(
        { operation: 'get', fault: AWAY },
        { fault: FULL, times: 1 },
        { result: 1 },
      );
      expect([outcome({ operation: 'get' }), outcome(), outcome()]).toEqual([AWAY, FULL, 1]);
    });

    it('by a later stage when the share of an earlier one does not fall on the try', () => {
      const { outcome, clock } = setUp({ result: 1, rate: 0.1 }, { fault: FULL });
      clock.randoms.push(0.05, 0.5);
      expect([outcome(), outcome()]).toEqual([1, FULL]);
    });
  });

  describe('its life', () => {
    it('is armed until everything is spent, removed or cleared', () => {
      const { chaos, handles, outcome } = setUp({ fault: FULL, times: 1 });
      expect(chaos.isArmed).toBe(true);
      outcome();
      expect(chaos.isArmed).toBe(false);
      const stage = chaos.stage({ fault: FULL });
      stage.remove();
      stage.remove();
      expect(chaos.isArmed).toBe(false);
      chaos.stage({ fault: FULL });
      chaos.stage({ fault: FULL });
      chaos.clear();
      expect([chaos.isArmed, outcome()]).toEqual([false, 'real key']);
      expect(handles[0]?.hits).toBe(1);
    });

    it('is not armed by a stage for no try', () => {
      expect(setUp({ fault: FULL, times: 0 }).chaos.isArmed).toBe(false);
    });

    it('counts what it struck, in total and for each stage', () => {
      const { chaos, handles, outcome } = setUp({ fault: FULL, times: 2, after: 1 }, { result: 1 });
      for (let call = 0; call < 4; call++) outcome();
      expect(handles.map(({ hits }) => hits)).toEqual([2, 1]);
      expect(chaos.hits).toBe(3);
    });

    it('removes one stage and leaves the others', () => {
      const { handles, outcome } = setUp({ fault: FULL }, { fault: AWAY });
      handles[0]?.remove();
      expect(outcome()).toBe(AWAY);
    });
  });

  describe('is never silent', () => {
    it.each<[ChaosStage, string]>([
      [
        {
          latencyMs: 200,
          fault: FULL,
          resource: 'storage',
          operation: 'put',
          rate: 0.1,
          times: 3,
          after: 1,
        },
        'storage, put: 200 ms latency, then the fault ENOSPC; 10 % of the tries, 3 of them, after 1 passed.',
      ],
      [
        { fault: new TypeError('x') },
        'every resource, every operation: the fault TypeError; all tries.',
      ],
      [
        { fault: () => FULL, when: () => true },
        'the fault that a function gives; all tries that a predicate picks.',
      ],
      [
        { fault: Object.assign(new Error('x'), { code: 'token=s3cret' }) },
        'the fault token=***; all tries.',
      ],
      [
        { result: { token: 's3cret' } },
        'every resource, every operation: a staged result; all tries.',
      ],
    ])('warns once of each stage, without telling results and secrets', (stage, told) => {
      const { outcome } = setUp(stage);
      outcome();
      outcome();
      expect(warn).toHaveBeenCalledTimes(1);
      expect(warn.mock.calls[0]?.[0]).toMatch(/^Chaos is staged for /);
      expect(warn.mock.calls[0]?.[0]).toContain(told);
      expect(warn.mock.calls[0]?.[0]).not.toContain('s3cret');
    });
  });

  describe('stages that make no sense', () => {
    it.each<[ChaosStage, RegExp]>([
      [{}, /chaos\.stage is without an effect; it must be given a latencyMs, a fault or a result/],
      [{ fault: undefined }, /chaos\.stage/],
      [{ fault: FULL, result: 1 }, /chaos\.result is beside a fault/],
      [{ latencyMs: -1 }, /chaos\.latencyMs is -1/],
      [{ latencyMs: Infinity }, /chaos\.latencyMs is Infinity/],
      [{ fault: FULL, rate: 1.1 }, /chaos\.rate is 1\.1; it must be a share in \[0, 1\]/],
      [{ fault: FULL, rate: Number.NaN }, /chaos\.rate is NaN/],
      [{ fault: FULL, times: 1.5 }, /chaos\.times is 1\.5/],
      [{ fault: FULL, times: -1 }, /chaos\.times is -1/],
      [{ fault: FULL, after: Infinity }, /chaos\.after is Infinity/],
    ])('are refused: %o', (stage, message) => {
      const { chaos } = setUp();
      expect(() => chaos.stage(stage)).toThrow(message);
      expect(chaos.isArmed).toBe(false);
      expect(warn).not.toHaveBeenCalled();
    });
  });

  describe('in production', () => {
    const NODE_ENV = 'production';

    it('is refused with what to do', () => {
      expect(() => new StagedChaos({ environment: { NODE_ENV } })).toThrow(
        expect.objectContaining({
          code: 'CHAOS_REFUSED',
          message: expect.stringContaining('MAINSTAY_CHAOS=allow'),
        }),
      );
    });

    it.each(['', 'true', 'ALLOW'])('is refused with MAINSTAY_CHAOS=%s, too', (value) => {
      const environment = { NODE_ENV, MAINSTAY_CHAOS: value };
      expect(() => new StagedChaos({ environment })).toThrow(/refused/);
    });

    it('is allowed by the second switch', () => {
      const environment = { NODE_ENV, MAINSTAY_CHAOS: 'allow' };
      expect(new StagedChaos({ environment }).isArmed).toBe(false);
    });

    it('reads the environment of the process unless told otherwise', () => {
      vi.stubEnv('NODE_ENV', NODE_ENV);
      expect(() => new StagedChaos()).toThrow(/refused/);
      vi.stubEnv('MAINSTAY_CHAOS', 'allow');
      expect(new StagedChaos().isArmed).toBe(false);
      vi.unstubAllEnvs();
    });
  });
});
