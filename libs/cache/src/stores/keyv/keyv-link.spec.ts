import { Logger } from '@nestjs/common';
import { FakeClock } from 'nestjs-mainstay/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { KeyvLink } from './keyv-link.js';
import type { KeyvStoreSource } from './keyv-store-source.js';

/** An adapter that a test can make fail or hang. */
class StagedAdapter {
  readonly map = new Map<string, string>();
  readonly disconnect = vi.fn<(force: boolean) => Promise<void>>(async () => undefined);
  error: Error | undefined;
  isHung = false;
  calls = 0;
  #resume: (() => void)[] = [];

  get = (key: string): Promise<unknown> => this.#answer(() => this.map.get(key));
  set = (key: string, value: string): Promise<unknown> =>
    this.#answer(() => this.map.set(key, value));
  delete = (key: string): Promise<unknown> => this.#answer(() => this.map.delete(key));

  resume(): void {
    this.isHung = false;
    for (const resume of this.#resume.splice(0)) resume();
  }

  async #answer<T>(work: () => T): Promise<T> {
    this.calls++;
    if (this.isHung) await new Promise<void>((resolve) => this.#resume.push(resolve));
    if (this.error) throw this.error;
    return work();
  }
}

let clock: FakeClock;
let adapter: StagedAdapter;
let opened: ReturnType<typeof vi.fn<() => void>>;
let warn: ReturnType<typeof vi.spyOn>;
const signal = new AbortController().signal;

beforeEach(() => {
  clock = new FakeClock();
  adapter = new StagedAdapter();
  opened = vi.fn();
  warn = vi.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
  vi.spyOn(Logger.prototype, 'log').mockImplementation(() => undefined);
});
afterEach(() => vi.restoreAllMocks());

function linkTo(source: KeyvStoreSource): KeyvLink {
  const link = new KeyvLink({ source, sentinel: 'sentinel:', clock, cache: 'cache' });
  const ignored = (): void => undefined;
  link.listen({ opened, invalidated: ignored, missed: ignored, forgot: ignored });
  return link;
}

async function up(source: KeyvStoreSource = adapter): Promise<KeyvLink> {
  const link = linkTo(source);
  await link.connect(signal);
  await link.test();
  opened.mockClear();
  return link;
}

const read = (link: KeyvLink): Promise<unknown> => link.ask((client) => client.read(['key']));

describe('cache rule 22: the way to a store of Keyv', () => {
  it('is open only after a test, and trusts no copy', async () => {
    const link = linkTo(adapter);
    await link.connect(signal);
    expect(link.isUp).toBe(false);
    await expect(read(link)).rejects.toMatchObject({ code: 'CACHE_TIER_UNAVAILABLE' });
    await link.test();
    expect([link.isUp, link.trustedUntil]).toEqual([true, -Infinity]);
    expect(opened).toHaveBeenCalledTimes(1);
    expect(await read(link)).toEqual([undefined]);
  });

  it('is closed by a call that fails, and open again when a test passes, within a second', async () => {
    const link = await up();
    adapter.error = new Error('password=hunter2 is no longer valid');
    await expect(read(link)).rejects.toMatchObject({ code: 'CACHE_TIER_FAILED' });
    expect(link.isUp).toBe(false);
    expect(String(warn.mock.calls)).not.toContain('hunter2');
    const calls = adapter.calls;
    await expect(read(link)).rejects.toMatchObject({ code: 'CACHE_TIER_UNAVAILABLE' });
    expect(adapter.calls).toBe(calls);
    await clock.advance(5_000);
    expect(link.isUp).toBe(false);
    adapter.error = undefined;
    await clock.advance(1_000);
    expect(link.isUp).toBe(true);
    expect(opened).toHaveBeenCalledTimes(1);
  });

  it('is closed by a call that takes longer than 500 ms, since when that was made', async () => {
    const link = await up();
    adapter.isHung = true;
    const sentAt = clock.now();
    const asked = read(link).catch((error: unknown) => error);
    await clock.advance(400);
    expect([link.isUp, link.silentSince]).toEqual([true, sentAt]);
    await clock.advance(100);
    expect(await asked).toMatchObject({ code: 'CACHE_TIMEOUT' });
    expect([link.isUp, link.silentSince]).toEqual([false, sentAt]);
  });

  it('is not silent while it owes nothing', async () => {
    const link = await up();
    await clock.advance(60_000);
    expect(link.silentSince).toBe(clock.now());
  });

  it('does not ask a store that hangs again and again', async () => {
    const link = await up();
    adapter.isHung = true;
    const asked = read(link).catch((error: unknown) => error);
    await clock.advance(500);
    await asked;
    await clock.advance(2_000);
    const calls = adapter.calls;
    await clock.advance(60_000);
    expect(adapter.calls).toBe(calls);
    adapter.resume();
    await clock.advance(2_000);
    expect(link.isUp).toBe(true);
  });

  it('asks a function for another store each time, and gives the former up', async () => {
    const made: StagedAdapter[] = [];
    const link = await up(() => {
      const next = new StagedAdapter();
      next.error = made.length === 1 ? new Error('not yet') : undefined;
      made.push(next);
      return next;
    });
    const first = made[0] as StagedAdapter;
    first.isHung = true;
    first.disconnect.mockImplementation(() => new Promise(() => undefined));
    const asked = read(link).catch((error: unknown) => error);
    await clock.advance(500);
    expect(await asked).toMatchObject({ code: 'CACHE_TIMEOUT' });
    await clock.advance(2_000);
    expect(link.isUp).toBe(true);
    expect(made).toHaveLength(3);
    expect(made.map(({ disconnect }) => disconnect.mock.calls)).toEqual([[[true]], [[true]], []]);
  });

  it('tries out a store that it gives up at once, but not one that was given', async () => {
    const own = linkTo(() => adapter);
    await own.tryOut();
    expect(adapter.disconnect).toHaveBeenCalledTimes(1);
    const given = linkTo(adapter);
    await given.tryOut();
    expect(adapter.disconnect).toHaveBeenCalledTimes(1);
    adapter.error = new Error('no');
    await expect(given.tryOut()).rejects.toMatchObject({ code: 'CACHE_TIER_FAILED' });
  });

  it('does not trust a store that forgets', async () => {
    adapter.get = async () => undefined;
    const link = linkTo(adapter);
    await link.connect(signal);
    await expect(link.test()).rejects.toMatchObject({ code: 'CACHE_SELF_TEST_FAILED' });
    expect(link.isUp).toBe(false);
  });

  it('gives a store up that comes when nobody waits for it any more', async () => {
    let give: (store: StagedAdapter) => void = () => undefined;
    const link = linkTo(() => new Promise<StagedAdapter>((resolve) => (give = resolve)));
    const abort = new AbortController();
    const connecting = link.connect(abort.signal);
    abort.abort(new Error('too late'));
    give(adapter);
    await expect(connecting).rejects.toThrow('too late');
    expect(adapter.disconnect).toHaveBeenCalledTimes(1);
  });

  it('cache rule 7: is closed for good within half a second, whatever the store does', async () => {
    const link = await up();
    adapter.disconnect.mockImplementation(() => new Promise(() => undefined));
    adapter.error = new Error('lost');
    await expect(read(link)).rejects.toThrow();
    const closing = link.close();
    await clock.advance(500);
    await closing;
    adapter.error = undefined;
    await clock.advance(10_000);
    expect([link.isUp, clock.pending.all]).toEqual([false, 0]);
  });
});
