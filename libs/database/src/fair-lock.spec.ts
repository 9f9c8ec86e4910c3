import { FakeClock } from 'nestjs-mainstay/testing';
import { describe, expect, it } from 'vitest';
import { FairLock } from './fair-lock.js';

describe('FairLock', () => {
  const setUp = () => {
    const clock = new FakeClock();
    const lock = new FairLock(clock);
    const order: string[] = [];
    const wait = (name: string, timeoutMs = 100, signal?: AbortSignal) =>
      lock
        .acquire({ timeoutMs, signal, onTimeout: () => new Error(`${name} timed out`) })
        .then(() => void order.push(name));
    return { clock, lock, order, wait };
  };

  it('hands itself to the waiters in the order in which they came', async () => {
    const { clock, lock, order, wait } = setUp();
    await wait('first');
    void wait('second');
    void wait('third');
    lock.release();
    expect(lock.tryAcquire()).toBe(false);
    await clock.settle();
    expect(order).toEqual(['first', 'second']);
    lock.release();
    await clock.settle();
    expect(order).toEqual(['first', 'second', 'third']);
    lock.release();
    expect(lock.isHeld).toBe(false);
  });

  it('sends a waiter away at its deadline and keeps no timer', async () => {
    const { clock, lock, wait } = setUp();
    await wait('holder');
    const waiting = expect(wait('late')).rejects.toThrow('late timed out');
    await clock.advance(100);
    await waiting;
    expect(lock.waiting).toBe(0);
    expect(clock.pending.all).toBe(0);
    lock.release();
    expect(lock.isHeld).toBe(false);
  });

  it('sends a waiter away when its signal aborts, and does not let it in when it has', async () => {
    const { lock, wait } = setUp();
    await wait('holder');
    const controller = new AbortController();
    const waiting = expect(wait('aborted', 100, controller.signal)).rejects.toThrow('enough');
    controller.abort(new Error('enough'));
    await waiting;
    await expect(wait('again', 100, controller.signal)).rejects.toThrow('enough');
    expect(lock.waiting).toBe(0);
  });

  it('sends all waiters away while the holder keeps it', async () => {
    const { lock, wait } = setUp();
    await wait('holder');
    const waiting = [wait('a'), wait('b')].map((one) => expect(one).rejects.toThrow('closing'));
    lock.rejectWaiters(new Error('closing'));
    await Promise.all(waiting);
    expect(lock.isHeld).toBe(true);
  });
});
