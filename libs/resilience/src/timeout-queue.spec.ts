import { FakeClock } from 'nestjs-mainstay/testing';
import { describe, expect, it, vi } from 'vitest';
import { TimeoutQueue, type TimeoutEntry } from './timeout-queue.js';

function setUp(durationMs = 1_000) {
  const clock = new FakeClock();
  const schedule = vi.spyOn(clock, 'schedule');
  const queue = new TimeoutQueue(clock, durationMs);
  const fired: string[] = [];
  const add = (name: string, onTimeout?: () => void, now = clock.now()): TimeoutEntry => {
    const entry: TimeoutEntry = {
      next: undefined,
      previous: undefined,
      dueAt: 0,
      onTimeout: () => {
        fired.push(`${name} at ${clock.now()}`);
        onTimeout?.();
      },
    };
    queue.add(entry, now);
    return entry;
  };
  return { clock, schedule, queue, fired, add };
}

describe('TimeoutQueue', () => {
  it('fires each entry exactly when it is due', async () => {
    const { clock, queue, fired, add } = setUp();
    add('a');
    await clock.advance(300.25);
    add('b');
    add('c');
    expect(queue.size).toBe(3);
    await clock.advance(699.5);
    expect(fired).toEqual([]);
    await clock.advance(5_000);
    expect(fired).toEqual(['a at 1000', 'b at 1300.25', 'c at 1300.25']);
    expect([queue.size, clock.pending.all]).toEqual([0, 0]);
  });

  it.each([0.5, 5, 10, 10.5])('fires exactly where the timeout is %d ms', async (durationMs) => {
    const { clock, fired, add } = setUp(durationMs);
    add('a');
    await clock.advance(0.25);
    add('b');
    await clock.advance(100);
    expect(fired).toEqual([`a at ${durationMs}`, `b at ${durationMs + 0.25}`]);
  });

  it('does not fire what was removed, wherever it stood', async () => {
    const { clock, queue, fired, add } = setUp();
    const entries = ['a', 'b', 'c', 'd', 'e'].map((name) => add(name));
    for (const index of [2, 0, 4]) queue.remove(entries[index] as TimeoutEntry);
    expect(queue.size).toBe(2);
    await clock.advance(1_000);
    expect(fired).toEqual(['b at 1000', 'd at 1000']);
  });

  it('removing what has fired or was removed does nothing', async () => {
    const { clock, queue, fired, add } = setUp();
    const [fires, removed] = [add('fires'), add('removed')];
    queue.remove(removed);
    queue.remove(removed);
    await clock.advance(500);
    add('stays');
    await clock.advance(500);
    queue.remove(fires);
    expect([queue.size, fired]).toEqual([1, ['fires at 1000']]);
    await clock.advance(500);
    expect(fired).toEqual(['fires at 1000', 'stays at 1500']);
  });

  it('takes an entry again when it has left', async () => {
    const { clock, queue, fired, add } = setUp();
    const entry = add('a');
    queue.remove(entry);
    await clock.advance(100);
    queue.add(entry, clock.now());
    await clock.advance(1_000);
    queue.add(entry, clock.now());
    await clock.advance(1_000);
    expect(fired).toEqual(['a at 1100', 'a at 2100']);
  });

  it('fires in time what comes with a time before that of its neighbours', async () => {
    const { clock, fired, add } = setUp();
    await clock.advance(600);
    add('neighbour');
    await clock.advance(10);
    add('long work', undefined, 100);
    add('longer work', undefined, 50);
    add('overdue', undefined, -900);
    await clock.advance(2_000);
    expect(fired).toEqual([
      'overdue at 610',
      'longer work at 1050',
      'long work at 1100',
      'neighbour at 1600',
    ]);
  });

  describe('while it fires', () => {
    it('takes new entries', async () => {
      const { clock, schedule, queue, fired, add } = setUp();
      add('a', () => void add('retry of a'));
      add('b');
      await clock.advance(3_000);
      expect(fired).toEqual(['a at 1000', 'b at 1000', 'retry of a at 2000']);
      expect([queue.size, clock.pending.all, schedule.mock.calls.length]).toEqual([0, 0, 3]);
    });

    it('lets entries be removed, due ones too', async () => {
      const { clock, queue, fired, add } = setUp();
      const others: TimeoutEntry[] = [];
      add('a', () => others.forEach((entry) => queue.remove(entry)));
      others.push(add('also due'));
      add('b');
      await clock.advance(5);
      others.push(add('due later'));
      await clock.advance(3_000);
      expect(fired).toEqual(['a at 1000', 'b at 1000']);
      expect([queue.size, clock.pending.all]).toEqual([0, 0]);
    });

    it('an entry that throws keeps none of the others from firing', async () => {
      const { clock, queue, fired, add } = setUp();
      const fail = (): never => {
        throw new Error('A defect');
      };
      add('a', fail);
      add('b', fail);
      add('c');
      await clock.advance(1);
      add('d');
      await expect(clock.advance(2_000)).rejects.toThrow('A defect');
      await expect(clock.advance(2_000)).rejects.toThrow('A defect');
      await clock.advance(2_000);
      expect(fired).toEqual(['a at 1000', 'b at 1000', 'c at 1000', 'd at 1001']);
      expect([queue.size, clock.pending.all]).toEqual([0, 0]);
    });
  });

  describe('its timer', () => {
    it('resilience rule 21: is one for 1,000 fast calls in a row', async () => {
      const { clock, schedule, queue, add } = setUp();
      for (let i = 0; i < 1_000; i++) queue.remove(add(`call ${i}`));
      expect(schedule).toHaveBeenCalledTimes(1);
      expect(clock.pending).toEqual({ all: 1, foreground: 1 });
      await clock.advance(10);
      expect([schedule.mock.calls.length, clock.pending.all]).toEqual([1, 0]);
    });

    it('resilience rule 21: is one for each 10 ms in which fast calls come', async () => {
      const { clock, schedule, queue, add } = setUp();
      for (let ms = 0; ms < 100; ms++) {
        for (let i = 0; i < 10; i++) queue.remove(add('call'));
        await clock.advance(1);
      }
      expect(schedule.mock.calls.length).toBeLessThanOrEqual(10);
    });

    it('resilience rule 21: is one, in two legs, for 10,000 calls at a time', async () => {
      const { clock, schedule, queue, fired, add } = setUp();
      const entries = Array.from({ length: 10_000 }, (_, i) => add(`call ${i}`));
      await clock.advance(999);
      expect(schedule).toHaveBeenCalledTimes(2);
      entries.slice(5_000).forEach((entry) => queue.remove(entry));
      await clock.advance(1);
      expect([fired.length, schedule.mock.calls.length, clock.pending.all]).toEqual([5_000, 2, 0]);
    });

    it('keeps the process alive for what is pending', async () => {
      const { clock, add } = setUp();
      add('call');
      await clock.advance(500);
      expect(clock.pending).toEqual({ all: 1, foreground: 1 });
    });

    it('resilience rule 21: is gone with the last slow call', async () => {
      const { clock, queue, add } = setUp();
      const [slow, slower] = [add('slow'), add('slower')];
      await clock.advance(500);
      queue.remove(slow);
      expect(clock.pending.all).toBe(1);
      queue.remove(slower);
      expect(clock.pending.all).toBe(0);
    });

    it('comes again for what comes after a pause', async () => {
      const { clock, schedule, queue, fired, add } = setUp();
      queue.remove(add('first'));
      await clock.advance(10_000);
      add('second');
      await clock.advance(1_000);
      expect(fired).toEqual(['second at 11000']);
      expect([schedule.mock.calls.length, clock.pending.all]).toEqual([3, 0]);
    });

    it('never fires before an entry is due, even if the clock of the timers is ahead', async () => {
      const { clock, fired, add } = setUp(100);
      const { schedule } = FakeClock.prototype;
      vi.spyOn(clock, 'schedule').mockImplementation((callback, delayMs) =>
        schedule.call(clock, callback, delayMs > 1 ? delayMs - 0.5 : delayMs),
      );
      add('call');
      await clock.advance(200);
      expect(fired).toEqual(['call at 100']);
    });
  });
});
