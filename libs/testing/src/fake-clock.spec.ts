import { describe, expect, it } from 'vitest';
import { FakeClock } from './fake-clock.js';

describe('FakeClock', () => {
  it('stands still until it is moved', async () => {
    const clock = new FakeClock();
    await clock.settle();
    expect(clock.now()).toBe(0);
    await clock.advance(1_500);
    expect(clock.now()).toBe(1_500);
  });

  it('shows a wall time that moves along', async () => {
    const clock = new FakeClock(Date.parse('2030-01-01T00:00:00Z'));
    await clock.advance(1_000);
    expect(new Date(clock.wallTime()).toISOString()).toBe('2030-01-01T00:00:01.000Z');
    expect(new Date(new FakeClock().wallTime()).toISOString()).toBe('2026-01-01T00:00:00.000Z');
  });

  it('gives the random numbers that it was told, then 0.5', () => {
    const clock = new FakeClock();
    clock.randoms.push(0.1, 0.9);
    expect([clock.random(), clock.random(), clock.random()]).toEqual([0.1, 0.9, 0.5]);
  });

  it('fires timers when they are due, in the order in which they are due', async () => {
    const clock = new FakeClock();
    const fired: string[] = [];
    const fire = (name: string) => () => void fired.push(`${name} at ${clock.now()}`);
    clock.schedule(fire('late'), 200);
    clock.schedule(fire('early'), 100);
    clock.schedule(fire('early, second'), 100);
    await clock.advance(99);
    expect(fired).toEqual([]);
    await clock.advance(1_000);
    expect(fired).toEqual(['early at 100', 'early, second at 100', 'late at 200']);
  });

  it('fires timers that are set by others on the way', async () => {
    const clock = new FakeClock();
    const ticks: number[] = [];
    const tick = (): void => {
      ticks.push(clock.now());
      clock.schedule(tick, 100);
    };
    clock.schedule(tick, 100);
    await clock.advance(350);
    expect(ticks).toEqual([100, 200, 300]);
  });

  it('lets promises settle between two timers', async () => {
    const clock = new FakeClock();
    const slept: number[] = [];
    const sleeper = async (): Promise<void> => {
      for (let i = 0; i < 3; i++) {
        await clock.sleep(10);
        slept.push(clock.now());
      }
    };
    const sleeping = sleeper();
    await clock.advance(30);
    await sleeping;
    expect(slept).toEqual([10, 20, 30]);
  });

  it('does not fire a timer that was cancelled, and shows which are pending', async () => {
    const clock = new FakeClock();
    const fired: string[] = [];
    const timer = clock.schedule(() => void fired.push('cancelled'), 10);
    clock.schedule(() => void fired.push('background'), 10, { background: true });
    expect(clock.pending).toEqual({ all: 2, foreground: 1 });
    timer.cancel();
    expect(clock.pending).toEqual({ all: 1, foreground: 0 });
    await clock.advance(10);
    expect(fired).toEqual(['background']);
    expect(clock.pending.all).toBe(0);
  });

  it('takes a delay below 0 for none', async () => {
    const clock = new FakeClock();
    await clock.advance(50);
    const sleeping = clock.sleep(-10);
    await clock.advance(0);
    await sleeping;
    expect(clock.now()).toBe(50);
  });

  it('ends a sleep by its signal, and leaves no timer behind', async () => {
    const clock = new FakeClock();
    const controller = new AbortController();
    const sleeping = clock.sleep(1_000, controller.signal);
    controller.abort(new Error('enough'));
    await expect(sleeping).rejects.toThrow('enough');
    expect(clock.pending.all).toBe(0);
  });
});
