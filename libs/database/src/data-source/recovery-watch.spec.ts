import { Operations, type ProbeResult } from 'nestjs-mainstay/resource';
import { FakeClock } from 'nestjs-mainstay/testing';
import { describe, expect, it } from 'vitest';
import { RecoveryWatch } from './recovery-watch.js';

const BACK: ProbeResult = { capabilities: { read: true, write: true, pool: false } };
const AWAY = Object.assign(new Error('refused'), { code: 'ECONNREFUSED' });

function setUp(probe: (signal: AbortSignal) => Promise<ProbeResult>) {
  const clock = new FakeClock();
  const operations = new Operations(clock).of({ name: 'database' });
  const watch = new RecoveryWatch({ clock, breaker: operations.breaker, probe });
  watch.start();
  const open = async (): Promise<void> => {
    const failing = operations.bind('query', { maxTries: 1 });
    for (let call = 0; call < 10; call++) {
      await failing.run(() => Promise.reject(AWAY), undefined).catch(() => undefined);
    }
  };
  return { clock, watch, open, breaker: operations.breaker };
}

describe('RecoveryWatch', () => {
  it('database rule 14: closes the breaker within a quarter of a second of the first good probe', async () => {
    let isBack = false;
    const { clock, open, breaker } = setUp(() =>
      isBack ? Promise.resolve(BACK) : Promise.reject(AWAY),
    );
    await open();
    expect(breaker?.state).toBe('open');
    await clock.advance(2_000);
    expect(breaker?.state).toBe('open');
    isBack = true;
    await clock.advance(250);
    expect(breaker?.state).toBe('closed');
    expect(clock.pending.all).toBe(0);
  });

  it('a probe that hangs does not keep the next one waiting', async () => {
    let isBack = false;
    const { clock, open, breaker } = setUp(() =>
      isBack ? Promise.resolve(BACK) : new Promise(() => undefined),
    );
    await open();
    await clock.advance(300);
    isBack = true;
    await clock.advance(1_000);
    expect(breaker?.state).toBe('closed');
  });

  it('a database that cannot be written is not back', async () => {
    const { clock, open, breaker } = setUp(() =>
      Promise.resolve({ capabilities: { read: true, write: false } }),
    );
    await open();
    await clock.advance(3_000);
    expect(breaker?.state).toBe('open');
  });

  it('keeps no process alive, and ends when it is stopped', async () => {
    let probes = 0;
    const { clock, open, watch } = setUp(() => {
      probes++;
      return Promise.reject(AWAY);
    });
    await open();
    // The timer of the timeouts, which calls share, is gone 10 ms after the last one.
    await clock.advance(10);
    expect(clock.pending.foreground).toBe(0);
    await clock.advance(990);
    watch.stop();
    await clock.settle();
    const before = probes;
    await clock.advance(5_000);
    expect({ probes, pending: clock.pending.all }).toEqual({ probes: before, pending: 0 });
  });
});
