import { AsyncLocalStorage } from 'node:async_hooks';
import { subscribe, tracingChannel, unsubscribe } from 'node:diagnostics_channel';
import { FakeClock, RecordedCalls } from 'nestjs-mainstay/testing';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { OPERATION_CHANNEL, type OperationMessage } from './operation-channel.js';
import { Operations } from './operations.js';

const SECRET = 'hunter2-planted';
const REFUSED = Object.assign(new Error(`connect postgres://user:${SECRET}@db`), {
  code: 'ECONNREFUSED',
  sql: SECRET,
});
const EVENTS = ['start', 'end', 'asyncStart', 'asyncEnd', 'error'] as const;

describe(`the channel ${OPERATION_CHANNEL}`, () => {
  const ends: (() => void)[] = [];
  afterEach(() => {
    for (const end of ends.splice(0)) end();
    vi.restoreAllMocks();
  });

  /** Listens to all five channels by their names, as a tool that does not know Mainstay does. */
  function listen(): [string, OperationMessage][] {
    const heard: [string, OperationMessage][] = [];
    for (const event of EVENTS) {
      const name = `tracing:mainstay:operation:${event}`;
      const onMessage = (message: unknown): void => {
        heard.push([event, { ...(message as OperationMessage) }]);
      };
      subscribe(name, onMessage);
      ends.push(() => unsubscribe(name, onMessage));
    }
    return heard;
  }

  function setUp() {
    const recorded = new RecordedCalls();
    const operations = new Operations(new FakeClock(), recorded);
    return { recorded, of: operations.of({ name: 'database' }, { retry: false }) };
  }

  it('status rule 3: publishes the beginning and the end of each call while somebody listens', async () => {
    const query = setUp().of.bind('query');
    const heard = listen();
    expect(await query.run(async () => SECRET, SECRET)).toBe(SECRET);
    const message = { resource: 'database', operation: 'query' };
    expect(heard).toEqual([
      ['start', message],
      ['end', message],
      ['asyncStart', message],
      ['asyncEnd', message],
    ]);
  });

  it('status rule 3: publishes what detection says of a failure, and its error without secrets', async () => {
    const query = setUp().of.bind('query');
    const heard = listen();
    await expect(query.run(() => Promise.reject(REFUSED), SECRET)).rejects.toBe(REFUSED);
    expect(heard.map(([event]) => event)).toEqual([
      'start',
      'end',
      'error',
      'asyncStart',
      'asyncEnd',
    ]);
    const { failure, error } = heard[2]![1];
    expect(failure).toMatchObject({ kind: 'unavailable', type: 'ECONNREFUSED' });
    expect(error?.message).toMatch(/^connect postgres:/);
    const shown = JSON.stringify(heard.map(([, message]) => message)) + error?.stack;
    expect(shown).not.toContain(SECRET);
  });

  it('publishes a value that is there at once without the asynchronous events, as Node does', () => {
    const get = setUp().of.bind('get');
    const heard = listen();
    expect(get.execute(() => 'value', 'key')).toBe('value');
    expect(heard.map(([event]) => event)).toEqual(['start', 'end']);
  });

  it('one listener to one event is enough', async () => {
    const query = setUp().of.bind('query');
    const asyncEnd = vi.fn<(message: OperationMessage) => void>();
    const channel = tracingChannel(OPERATION_CHANNEL);
    channel.asyncEnd.subscribe(asyncEnd as (message: unknown) => void);
    ends.push(() => channel.asyncEnd.unsubscribe(asyncEnd as (message: unknown) => void));
    await query.run(async () => 1, undefined);
    expect(asyncEnd).toHaveBeenCalledTimes(1);
  });

  it('a store that a listener binds to the start is in force in the work, and not beside it', async () => {
    const query = setUp().of.bind('query');
    const store = new AsyncLocalStorage<string>();
    const { start } = tracingChannel<unknown, OperationMessage>(OPERATION_CHANNEL);
    start.bindStore(store, ({ operation }) => `in ${operation}`);
    ends.push(() => start.unbindStore(store));
    const seen = await query.run(async () => {
      await Promise.resolve();
      return store.getStore();
    }, undefined);
    expect(seen).toBe('in query');
    expect(store.getStore()).toBeUndefined();
  });

  it('calls are recorded as they are without a listener', async () => {
    const silent = setUp();
    const heard = setUp();
    const run = async ({ of }: typeof silent): Promise<void> => {
      const query = of.bind('query');
      await query.run(async () => 1, undefined);
      await expect(query.run(() => Promise.reject(REFUSED), undefined)).rejects.toBe(REFUSED);
    };
    await run(silent);
    listen();
    await run(heard);
    expect(heard.recorded.calls).toEqual(silent.recorded.calls);
  });

  it('status rule 3: while nobody listens nothing is made or published', async () => {
    const channel = tracingChannel<unknown, OperationMessage>(OPERATION_CHANNEL);
    const runStores = vi.spyOn(channel.start, 'runStores');
    const publish = EVENTS.map((event) => vi.spyOn(channel[event], 'publish'));
    const query = setUp().of.bind('query');
    await query.run(async () => 1, undefined);
    await expect(query.run(() => Promise.reject(REFUSED), undefined)).rejects.toBe(REFUSED);
    expect(runStores).not.toHaveBeenCalled();
    for (const spy of publish) expect(spy).not.toHaveBeenCalled();
  });
});
