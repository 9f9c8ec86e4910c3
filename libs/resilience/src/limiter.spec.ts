import { isMainstayError } from 'nestjs-mainstay/common';
import { FakeClock } from 'nestjs-mainstay/testing';
import { describe, expect, it, vi } from 'vitest';
import { Limiter, type LimiterOptions } from './limiter.js';

const DEFAULTS: Required<LimiterOptions> = { maxConcurrent: 100, maxQueue: 100, maxWaitMs: 1_000 };

function setUp(options: LimiterOptions = {}) {
  const clock = new FakeClock();
  const limiter = new Limiter('cache', { ...DEFAULTS, ...options }, clock);
  const admitted: string[] = [];
  const refused: unknown[] = [];
  const wait = (name: string, signal?: AbortSignal, maxWaitMs?: number): void => {
    limiter.acquire(signal, maxWaitMs).then(
      () => admitted.push(name),
      (error: unknown) => refused.push(error),
    );
  };
  return { clock, limiter, admitted, refused, wait };
}

/** A limiter of one slot, which is taken. */
function setUpTaken(options: LimiterOptions = {}) {
  const all = setUp({ maxConcurrent: 1, ...options });
  expect(all.limiter.tryAcquire()).toBe(true);
  return all;
}

/** Work that goes on until it is told otherwise. */
function startWork() {
  let end = (): void => undefined;
  let fail = (): void => undefined;
  const promise = new Promise<void>((resolve, reject) => {
    end = resolve;
    fail = () => reject(new Error('late'));
  });
  return { promise, end, fail };
}

describe('Limiter', () => {
  it('resilience rule 15: lets 100 in, and the next when one is out', () => {
    const { limiter } = setUp();
    for (let i = 0; i < 100; i++) expect(limiter.tryAcquire()).toBe(true);
    expect(limiter.tryAcquire()).toBe(false);
    expect(limiter.inFlight).toBe(100);
    limiter.release();
    expect(limiter.tryAcquire()).toBe(true);
    expect(limiter.tryAcquire()).toBe(false);
  });

  it('a call that finds a free slot does not wait for it', async () => {
    const { clock, limiter } = setUp();
    await limiter.acquire();
    expect([limiter.inFlight, limiter.queued, clock.pending.all]).toEqual([1, 0, 0]);
  });

  it('resilience rule 15: hands a slot to the call that waits longest', async () => {
    const { clock, limiter, admitted, wait } = setUpTaken();
    ['first', 'second', 'third'].forEach((name) => wait(name));
    limiter.release();
    await clock.settle();
    expect(admitted).toEqual(['first']);
    limiter.release();
    limiter.release();
    await clock.settle();
    expect(admitted).toEqual(['first', 'second', 'third']);
    expect([limiter.inFlight, limiter.queued, clock.pending.all]).toEqual([1, 0, 0]);
  });

  it('resilience rule 15: nobody overtakes the calls that wait', async () => {
    const { clock, limiter, admitted, wait } = setUpTaken();
    wait('first');
    limiter.release();
    expect(limiter.tryAcquire()).toBe(false);
    wait('second');
    await clock.settle();
    expect(admitted).toEqual(['first']);
  });

  it('resilience rule 15: refuses the 101st call that would wait', async () => {
    const { clock, limiter, refused, wait } = setUp();
    for (let i = 0; i < 200; i++) wait(`call ${i}`);
    await clock.settle();
    expect([limiter.inFlight, limiter.queued, refused.length]).toEqual([100, 100, 0]);
    wait('one too many');
    await clock.settle();
    expect(limiter.queued).toBe(100);
    expect(refused).toEqual([
      expect.objectContaining({
        code: 'LIMITER_FULL',
        message:
          "All 100 slots of cache are taken and 100 calls wait already; ask less often, or raise the limiter's maxConcurrent if cache can take more.",
        context: {
          resource: 'cache',
          reason: 'queue-full',
          maxConcurrent: 100,
          maxQueue: 100,
          maxWaitMs: 1_000,
        },
      }),
    ]);
  });

  it('resilience rule 15: refuses a call that has waited for 1 s', async () => {
    const { clock, limiter, admitted, refused, wait } = setUpTaken();
    wait('patient');
    await clock.advance(999);
    expect(refused).toEqual([]);
    await clock.advance(1);
    expect(refused).toEqual([
      expect.objectContaining({
        message:
          "All 1 slots of cache are taken and none became free within 1 s; ask less often, or raise the limiter's maxConcurrent if cache can take more.",
      }),
    ]);
    limiter.release();
    expect([admitted, limiter.inFlight, limiter.queued]).toEqual([[], 0, 0]);
  });

  it('what it refuses is local, proves that nothing was sent, and may be tried again', async () => {
    const { limiter } = setUpTaken({ maxQueue: 0 });
    const error: unknown = await limiter.acquire().catch((thrown: unknown) => thrown);
    expect(isMainstayError(error, 'LIMITER_FULL')).toBe(true);
    expect(error).toMatchObject({
      classification: { kind: 'rejected', type: 'LIMITER_FULL', notSent: true, retryable: true },
    });
  });

  it.each([
    { own: 300, limiters: 1_000, waits: 300 },
    { own: 5_000, limiters: 1_000, waits: 1_000 },
    { own: 0, limiters: 1_000, waits: 0 },
    { own: -5, limiters: 1_000, waits: 0 },
  ])(
    'a call with $own ms left waits $waits ms where $limiters are allowed',
    async ({ own, limiters, waits }) => {
      const { clock, refused, wait } = setUpTaken({ maxWaitMs: limiters });
      wait('call', undefined, own);
      if (waits > 0) await clock.advance(waits - 1);
      expect(refused).toHaveLength(0);
      await clock.advance(1);
      expect(refused).toEqual([
        expect.objectContaining({
          context: expect.objectContaining({ reason: 'wait-over', maxWaitMs: waits }) as unknown,
        }),
      ]);
      expect(clock.pending.all).toBe(0);
    },
  );

  it('a process stays alive while a call waits', () => {
    const { clock, wait } = setUpTaken();
    wait('call');
    expect(clock.pending).toEqual({ all: 1, foreground: 1 });
  });

  describe('a caller that gives up', () => {
    const reason = new Error('The client is gone');

    it('resilience rules 7, 15: leaves at once, with the reason, and leaves nothing behind', async () => {
      const { clock, limiter, admitted, refused, wait } = setUpTaken();
      const controller = new AbortController();
      const removed = vi.spyOn(controller.signal, 'removeEventListener');
      wait('first');
      wait('gone', controller.signal);
      wait('last');
      controller.abort(reason);
      await clock.settle();
      expect(refused[0]).toBe(reason);
      expect([limiter.queued, clock.pending.all, removed.mock.calls.length]).toEqual([2, 2, 1]);
      limiter.release();
      limiter.release();
      await clock.settle();
      expect(admitted).toEqual(['first', 'last']);
    });

    it.each(['first', 'last', 'only'])('may be the %s in the queue', async (place) => {
      const { clock, limiter, admitted, wait } = setUpTaken();
      const controller = new AbortController();
      const others = place === 'only' ? [] : ['other'];
      if (place === 'last') wait('other');
      wait('gone', controller.signal);
      if (place === 'first') wait('other');
      controller.abort(reason);
      wait('later');
      for (const name of [...others, 'later']) {
        limiter.release();
        await clock.settle();
        expect(admitted.at(-1)).toBe(name);
      }
      limiter.release();
      expect([limiter.inFlight, limiter.queued]).toEqual([0, 0]);
    });

    it('before it asks, gets no slot', async () => {
      const { clock, limiter, refused, wait } = setUp();
      wait('gone', AbortSignal.abort(reason));
      await clock.settle();
      expect([refused[0] === reason, limiter.inFlight]).toEqual([true, 0]);
    });

    it('after it was admitted, changes nothing here', async () => {
      const { clock, limiter, admitted, refused, wait } = setUpTaken();
      const controller = new AbortController();
      const removed = vi.spyOn(controller.signal, 'removeEventListener');
      wait('admitted', controller.signal);
      limiter.release();
      controller.abort(reason);
      await clock.settle();
      expect([admitted, refused, removed.mock.calls.length]).toEqual([['admitted'], [], 1]);
      expect([limiter.inFlight, limiter.queued, clock.pending.all]).toEqual([1, 0, 0]);
    });
  });

  describe('an operation that goes on after its timeout', () => {
    it('resilience rule 15: keeps its slot until it ends', async () => {
      for (const end of ['succeeds', 'fails']) {
        const { clock, limiter } = setUpTaken();
        const work = startWork();
        limiter.holdUntil(work.promise, 2_000);
        await clock.advance(1_999);
        expect(limiter.tryAcquire()).toBe(false);
        if (end === 'fails') work.fail();
        else work.end();
        await clock.settle();
        expect([limiter.inFlight, limiter.leaked, clock.pending.all]).toEqual([0, 0, 0]);
      }
    });

    it('resilience rule 15: is counted as leaked at the end of its time, and frees its slot once', async () => {
      const { clock, limiter, admitted, wait } = setUpTaken({ maxWaitMs: 5_000 });
      const work = startWork();
      limiter.holdUntil(work.promise, 2_000);
      wait('next');
      await clock.advance(1_999);
      expect([limiter.leaked, admitted]).toEqual([0, []]);
      await clock.advance(1);
      expect([limiter.leaked, admitted]).toEqual([1, ['next']]);
      work.end();
      await clock.settle();
      expect([limiter.inFlight, limiter.leaked]).toEqual([1, 1]);
      limiter.release();
      expect(limiter.inFlight).toBe(0);
    });

    it('hands its slot to the first call that waits', async () => {
      const { clock, limiter, admitted, wait } = setUpTaken();
      const work = startWork();
      limiter.holdUntil(work.promise, 2_000);
      wait('next');
      work.end();
      await clock.settle();
      expect([admitted, limiter.inFlight]).toEqual([['next'], 1]);
    });

    it('does not keep the process alive', () => {
      const { clock, limiter } = setUpTaken();
      limiter.holdUntil(new Promise(() => undefined), 2_000);
      expect(clock.pending).toEqual({ all: 1, foreground: 0 });
    });
  });
});
