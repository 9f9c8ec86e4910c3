import { Logger } from '@nestjs/common';
import { FakeClock } from 'nestjs-mainstay/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ProbeResult } from './probe-result.js';
import { ResourceCloser } from './resource-closer.js';
import { ResourceRegistry } from './resource-registry.js';
import { Resource } from './resource.js';

class Closable extends Resource {
  readonly name: string;
  /** What it knew at each close. */
  readonly endings: boolean[] = [];
  readonly #close: (signal: AbortSignal) => Promise<void>;

  constructor(name: string, close: (signal: AbortSignal) => Promise<void>) {
    super();
    this.name = name;
    this.#close = close;
  }

  protected steps(): [] {
    return [];
  }

  probe(): Promise<ProbeResult> {
    return Promise.resolve({ capabilities: {} });
  }

  close(signal: AbortSignal): Promise<void> {
    this.endings.push(this.isEnding);
    return this.#close(signal);
  }
}

const never = (): Promise<never> => new Promise(() => undefined);

describe('ResourceCloser', () => {
  let logged: string[];

  beforeEach(() => {
    logged = [];
    vi.spyOn(Logger.prototype, 'error').mockImplementation((text: unknown) => {
      logged.push(String(text));
    });
  });
  afterEach(() => vi.restoreAllMocks());

  function setUp(closings: Record<string, (signal: AbortSignal) => Promise<void>>) {
    const clock = new FakeClock();
    const registry = new ResourceRegistry();
    const closer = new ResourceCloser(registry, clock);
    const entries = Object.entries(closings).map(([name, close]) =>
      registry.register(new Closable(name, close), () => undefined),
    );
    return { clock, registry, closer, entries };
  }

  it.each([
    ['an object without a prototype', Object.create(null), '[object Object]'],
    ['an error whose message is no text', Object.assign(new Error(), { message: {} }), ''],
    ['an error of several addresses', new AggregateError([new Error('at ::1')]), 'at ::1'],
  ])('goes on, whatever a resource throws: %s', async (_what, thrown: unknown, message) => {
    const first = vi.fn(async () => undefined);
    const { closer } = setUp({ first, second: () => Promise.reject(thrown) });
    await closer.closeAll();
    expect(first).toHaveBeenCalledTimes(1);
    expect(logged).toEqual([`Closing second failed: ${message}`]);
  });

  it('closes in reverse order of registration, one after the other', async () => {
    const events: string[] = [];
    const closing = (name: string) => async (): Promise<void> => {
      events.push(`${name} begins`);
      await clock.sleep(100);
      events.push(`${name} ends`);
    };
    const { clock, closer } = setUp({ first: closing('first'), second: closing('second') });
    const closed = closer.closeAll();
    await clock.advance(200);
    await closed;
    expect(events).toEqual(['second begins', 'second ends', 'first begins', 'first ends']);
  });

  it('gives each 2 s and goes on without one that hangs, its signal aborted', async () => {
    let signal: AbortSignal | undefined;
    const first = vi.fn<() => Promise<void>>(async () => undefined);
    const { clock, closer, registry } = setUp({
      first,
      second: (given) => {
        signal = given;
        return never();
      },
    });
    const closed = closer.closeAll();
    await clock.advance(1_999);
    expect(first).not.toHaveBeenCalled();
    await clock.advance(1);
    await closed;
    expect(first).toHaveBeenCalledTimes(1);
    expect(signal?.reason).toMatchObject({ code: 'RESOURCE_CLOSE_TIMEOUT' });
    expect(logged).toEqual([
      'Closing second failed: second did not close within 2 s; the shutdown goes on without it',
    ]);
    expect(registry.all().map(({ phase }) => phase)).toEqual(['closed', 'closed']);
    expect(clock.pending.all).toBe(0);
  });

  it('goes on without one that fails, also synchronously', async () => {
    const first = vi.fn<() => Promise<void>>(async () => undefined);
    const { closer } = setUp({
      first,
      second: () => {
        throw new Error('password=hunter2');
      },
    });
    await closer.closeAll();
    expect(first).toHaveBeenCalledTimes(1);
    expect(logged).toEqual(['Closing second failed: password=***']);
  });

  it('stays within a budget by giving each its share of what is left', async () => {
    const { clock, closer, registry } = setUp({ a: never, b: never, c: never, d: never });
    const closed = closer.closeAll(1_000);
    await clock.advance(1_000);
    await closed;
    expect(registry.all().every(({ phase }) => phase === 'closed')).toBe(true);
  });

  it('closes once, also when two ask at the same time, and both wait for the end', async () => {
    const close = vi.fn<() => Promise<void>>(() => clock.sleep(100));
    const { clock, closer } = setUp({ cache: close });
    const ended: number[] = [];
    void closer.closeAll().then(() => ended.push(clock.now()));
    void closer.closeAll().then(() => ended.push(clock.now()));
    await clock.advance(100);
    expect(ended).toEqual([100, 100]);
    expect(close).toHaveBeenCalledTimes(1);
  });

  it('lets a resource tell the end of the application from a release', async () => {
    const { closer, entries } = setUp({ cache: async () => undefined });
    await closer.release(entries[0]!);
    await closer.closeAll();
    expect((entries[0]!.resource as Closable).endings).toEqual([false, true]);
  });

  it('does not close beside a release that is in progress', async () => {
    const close = vi.fn<() => Promise<void>>(() => clock.sleep(100));
    const { clock, closer, entries } = setUp({ cache: close });
    for (const entry of entries) void closer.release(entry);
    const closed = closer.closeAll();
    await clock.advance(100);
    await closed;
    expect(close).toHaveBeenCalledTimes(1);
  });
});
