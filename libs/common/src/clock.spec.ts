import { describe, expect, it } from 'vitest';
import { FakeClock } from 'nestjs-mainstay/testing';

describe('Clock.sleep', () => {
  it('resolves when the time is over, not before', async () => {
    const clock = new FakeClock();
    let awake = false;
    void clock.sleep(1_000).then(() => (awake = true));
    await clock.advance(999);
    expect(awake).toBe(false);
    await clock.advance(1);
    expect(awake).toBe(true);
  });

  it('rejects with the reason of its signal and drops the timer', async () => {
    const clock = new FakeClock();
    const controller = new AbortController();
    const sleeping = clock.sleep(1_000, controller.signal);
    controller.abort(new Error('enough'));
    await expect(sleeping).rejects.toThrow('enough');
    expect(clock.pending.all).toBe(0);
  });

  it('rejects at once when its signal has aborted before', async () => {
    const clock = new FakeClock();
    const sleeping = clock.sleep(1_000, AbortSignal.abort(new Error('too late')));
    await expect(sleeping).rejects.toThrow('too late');
    expect(clock.pending.all).toBe(0);
  });
});
