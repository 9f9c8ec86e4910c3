import { Test } from '@nestjs/testing';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Clock } from './clock.js';
import { ClockModule } from './clock.module.js';
import { SystemClock } from './system-clock.js';

const DAY_MS = 86_400_000;

describe('SystemClock', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  it('is the clock of an application', async () => {
    const app = await Test.createTestingModule({ imports: [ClockModule] }).compile();
    expect(app.get(Clock)).toBeInstanceOf(SystemClock);
  });

  it('tells monotonic and wall time, and gives jitter below 1', () => {
    const clock = new SystemClock();
    const before = clock.now();
    expect(clock.now()).toBeGreaterThanOrEqual(before);
    expect(clock.wallTime()).toBeGreaterThan(1_700_000_000_000);
    expect(clock.random()).toBeLessThan(1);
  });

  it('fires a timer once and lets it be cancelled', async () => {
    vi.useFakeTimers();
    const clock = new SystemClock();
    const fired: string[] = [];
    clock.schedule(() => fired.push('kept'), 10);
    clock.schedule(() => fired.push('cancelled'), 10).cancel();
    await vi.advanceTimersByTimeAsync(100);
    expect(fired).toEqual(['kept']);
  });

  it('keeps the process alive for a timer that is awaited, and not for a background one', () => {
    const spy = vi.spyOn(globalThis, 'setTimeout');
    const clock = new SystemClock();
    const timers = [
      clock.schedule(() => undefined, 10),
      clock.schedule(() => undefined, 10, { background: true }),
    ];
    const handles = spy.mock.results.map(({ value }) => value as NodeJS.Timeout);
    expect(handles.map((handle) => handle.hasRef())).toEqual([true, false]);
    timers.forEach((timer) => timer.cancel());
    spy.mockRestore();
  });

  it('waits longer than the 24.8 days that a timer of Node can', async () => {
    vi.useFakeTimers();
    const clock = new SystemClock();
    let fired = false;
    clock.schedule(() => (fired = true), 60 * DAY_MS);
    await vi.advanceTimersByTimeAsync(60 * DAY_MS - 1);
    expect(fired).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(fired).toBe(true);
  });

  it.each([30 * DAY_MS, Infinity])('cancels a timer of %d ms in any of its legs', async (delay) => {
    vi.useFakeTimers();
    const clock = new SystemClock();
    const timer = clock.schedule(() => expect.unreachable('was cancelled'), delay);
    await vi.advanceTimersByTimeAsync(29 * DAY_MS);
    timer.cancel();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('lets the event loop turn', async () => {
    const order: string[] = [];
    setImmediate(() => order.push('event loop'));
    await new SystemClock().yield();
    order.push('after yield');
    expect(order).toEqual(['event loop', 'after yield']);
  });
});
