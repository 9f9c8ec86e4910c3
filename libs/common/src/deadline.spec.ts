import { FakeClock } from 'nestjs-mainstay/testing';
import { describe, expect, it, vi } from 'vitest';
import { withDeadline } from './deadline.js';

const onTimeout = (): Error => new Error('took too long');
/** Attached at once, so that a rejection under test never counts as unhandled. */
const failureOf = (result: Promise<unknown>): Promise<unknown> =>
  result.then(
    () => undefined,
    (error: unknown) => error,
  );
const forever = (): Promise<never> => new Promise(() => undefined);

describe('withDeadline', () => {
  it('gives the result of work that ends in time, and drops the timer', async () => {
    const clock = new FakeClock();
    const result = withDeadline(clock, { timeoutMs: 100, onTimeout }, async () => {
      await clock.sleep(99);
      return 'done';
    });
    await clock.advance(99);
    await expect(result).resolves.toBe('done');
    expect(clock.pending.all).toBe(0);
  });

  it('rejects at the deadline even when the work ignores its signal', async () => {
    const clock = new FakeClock();
    const result = withDeadline(clock, { timeoutMs: 100, onTimeout }, forever);
    const failure = failureOf(result);
    await clock.advance(100);
    expect(await failure).toMatchObject({ message: 'took too long' });
  });

  it('keeps the process alive, unless nobody waits for it', async () => {
    const clock = new FakeClock();
    void failureOf(withDeadline(clock, { timeoutMs: 100, onTimeout }, forever));
    void failureOf(withDeadline(clock, { timeoutMs: 100, onTimeout, background: true }, forever));
    expect(clock.pending).toEqual({ all: 2, foreground: 1 });
    await clock.advance(100);
    expect(clock.pending.all).toBe(0);
  });

  it('aborts the signal of the work with the error of the deadline', async () => {
    const clock = new FakeClock();
    const seen: AbortSignal[] = [];
    const result = withDeadline(clock, { timeoutMs: 100, onTimeout }, (signal) => {
      seen.push(signal);
      return forever();
    });
    const failure = failureOf(result);
    await clock.advance(100);
    expect(await failure).toMatchObject({ message: 'took too long' });
    expect(seen[0]?.reason).toMatchObject({ message: 'took too long' });
  });

  it('ignores what the work does after the deadline, a rejection included', async () => {
    const clock = new FakeClock();
    const unhandled = vi.fn<() => void>();
    process.on('unhandledRejection', unhandled);
    const result = withDeadline(clock, { timeoutMs: 100, onTimeout }, async () => {
      await clock.sleep(200);
      throw new Error('late');
    });
    const failure = failureOf(result);
    await clock.advance(300);
    expect(await failure).toMatchObject({ message: 'took too long' });
    process.off('unhandledRejection', unhandled);
    expect(unhandled).not.toHaveBeenCalled();
  });

  it('passes on what the work throws, at once or later', async () => {
    const clock = new FakeClock();
    const options = { timeoutMs: 100, onTimeout };
    const atOnce = withDeadline(clock, options, () => {
      throw new Error('at once');
    });
    await expect(atOnce).rejects.toThrow('at once');
    const later = withDeadline(clock, options, () => Promise.reject(new Error('later')));
    await expect(later).rejects.toThrow('later');
    expect(clock.pending.all).toBe(0);
  });

  it('rejects with the reason of an outer signal and aborts the work', async () => {
    const clock = new FakeClock();
    const controller = new AbortController();
    const aborted = vi.fn<() => void>();
    const { signal } = controller;
    const result = withDeadline(clock, { timeoutMs: 100, signal, onTimeout }, (inner) => {
      inner.addEventListener('abort', aborted);
      return forever();
    });
    controller.abort(new Error('caller left'));
    await expect(result).rejects.toThrow('caller left');
    expect(aborted).toHaveBeenCalledOnce();
    expect(clock.pending.all).toBe(0);
  });

  it('does not begin when the outer signal has aborted before', async () => {
    const work = vi.fn<() => void>();
    const signal = AbortSignal.abort(new Error('caller left'));
    const result = withDeadline(new FakeClock(), { timeoutMs: 100, signal, onTimeout }, work);
    await expect(result).rejects.toThrow('caller left');
    expect(work).not.toHaveBeenCalled();
  });
});
