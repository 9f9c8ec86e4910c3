import { Logger } from '@nestjs/common';
import { FakeClock } from 'nestjs-mainstay/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Liveness } from './liveness.js';

/** A clock whose loop can be held: time passes and no timer fires. */
class HeldClock extends FakeClock {
  heldMs = 0;

  override now(): number {
    return super.now() + this.heldMs;
  }
}

const error = vi.spyOn(Logger.prototype, 'error');
let clock: HeldClock;
let liveness: Liveness;

beforeEach(() => {
  error.mockReset().mockImplementation(() => {});
  clock = new HeldClock();
  liveness = new Liveness(clock, 10_000);
  liveness.onModuleInit();
});

afterEach(() => {
  liveness.onApplicationShutdown();
  expect(clock.pending.all).toBe(0);
});

describe('Liveness', () => {
  it('status rule 6: a loop that moves is alive, also when it is somewhat late', async () => {
    await clock.advance(60_000);
    clock.heldMs += 9_999;
    expect(liveness.report()).toEqual({ status: 'ok' });
    await clock.advance(1_000);
    expect(liveness.report()).toEqual({ status: 'ok' });
    expect(error).not.toHaveBeenCalled();
  });

  it('status rule 6: a loop that was held is stalled before its late heartbeat, and after it', async () => {
    clock.heldMs += 11_001;
    expect(liveness.report()).toEqual({
      status: 'stalled',
      reason: 'the event loop was held for 10 s',
    });
    await clock.advance(1_000);
    expect(liveness.report().status).toBe('stalled');
    expect(error).toHaveBeenCalledWith('The event loop was held for 11 s.');
  });

  it('status rule 6: one heartbeat in time ends a stall; a loop that is always late stays stalled', async () => {
    for (let round = 0; round < 3; round++) {
      clock.heldMs += 12_000;
      await clock.advance(1_000);
      expect(liveness.report().status).toBe('stalled');
    }
    await clock.advance(1_000);
    expect(liveness.report()).toEqual({ status: 'ok' });
  });

  it('status rule 6: a fatal flag stays, with its first reason, which is logged once', async () => {
    liveness.markFatal('the licence was revoked');
    liveness.markFatal('something else');
    await clock.advance(60_000);
    expect(liveness.report()).toEqual({ status: 'fatal', reason: 'the licence was revoked' });
    expect(error.mock.calls).toEqual([
      ['The process has to be restarted: the licence was revoked'],
    ]);
  });

  it('status rule 8: a fatal reason is shown and logged without secrets', () => {
    liveness.markFatal('cannot log in with password=hunter2');
    expect(liveness.report().reason).toBe('cannot log in with password=***');
    expect(error).toHaveBeenCalledWith(expect.not.stringContaining('hunter2'));
  });

  it('is alive before its heart beats, and after it ended', () => {
    const unborn = new Liveness(clock, 10_000);
    clock.heldMs += 60_000;
    expect(unborn.report()).toEqual({ status: 'ok' });
    liveness.onApplicationShutdown();
    expect(liveness.report()).toEqual({ status: 'ok' });
  });

  it('its heart does not keep the process alive', () => {
    expect(clock.pending).toMatchObject({ foreground: 0, all: 1 });
  });
});
