import { EventEmitter } from 'node:events';
import type { ServerResponse } from 'node:http';
import { Logger } from '@nestjs/common';
import type { CircuitState } from 'nestjs-mainstay/resilience';
import { FakeClock } from 'nestjs-mainstay/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ResourceHealth } from '../health/health-state.js';
import { StatusEvents } from './status-events.js';

/** A response that takes what is written, or leaves it untaken. */
class StagedResponse extends EventEmitter {
  readonly written: string[] = [];
  destroyed = false;
  isSlow = false;
  ended = false;

  writeHead(): void {}

  write(text: string): boolean {
    this.written.push(text);
    return !this.isSlow;
  }

  end(text: string): void {
    this.written.push(text);
    this.ended = true;
  }

  destroy(): void {
    this.destroyed = true;
    this.emit('close');
  }

  /** The client read everything. */
  close(): void {
    this.emit('close');
  }

  get events(): string[] {
    return this.written.filter((text) => text.startsWith('event: status\n'));
  }
}

const health: { states: ResourceHealth[]; isDown: boolean } = { states: [], isDown: false };
let clock: FakeClock;
let drain: () => void;
let isDraining: boolean;
let events: StatusEvents;
/** What no JSON can hold, as a probe of JavaScript may report it. */
let unwritable: bigint | undefined;
/** That of something that is no resource: of methods marked with `@Resilient`. */
let breaker: { state: CircuitState };

beforeEach(() => {
  clock = new FakeClock();
  isDraining = false;
  unwritable = undefined;
  breaker = { state: 'closed' };
  health.states = [{ name: 'cache', criticality: 'degradable', state: 'up', since: 0 }];
  health.isDown = false;
  events = new StatusEvents({
    clock,
    health: { all: () => health.states, isCriticalDown: () => health.isDown },
    operations: { all: () => [{ breaker }] as never },
    reporter: { current: () => ({ at: unwritable ?? clock.now() }) as never, state: () => 'up' },
    shutdown: {
      hasStarted: true,
      get isDraining() {
        return isDraining;
      },
      onDrain: (listener) => {
        drain = () => {
          isDraining = true;
          listener();
        };
      },
    },
    maxClients: 2,
  });
});

function connect(showsDetails = true): StagedResponse {
  const response = new StagedResponse();
  events.add(() => response as unknown as ServerResponse, showsDetails);
  return response;
}

describe('StatusEvents', () => {
  it('status rule 6: sends a whole report at once, and then every 5 s', async () => {
    const client = connect();
    expect(client.events).toEqual(['event: status\ndata: {"at":0}\n\n']);
    await clock.advance(4_999);
    expect(client.events).toHaveLength(1);
    await clock.advance(1);
    expect(client.events.at(-1)).toBe('event: status\ndata: {"at":5000}\n\n');
    await clock.advance(5_000);
    expect(client.events).toHaveLength(3);
  });

  it.each([
    ['health', () => (health.states = health.states.map((one) => ({ ...one, state: 'down' })))],
    [
      'a breaker',
      () => (health.states = health.states.map((one) => ({ ...one, circuit: 'open' }))),
    ],
    ['a breaker of what is no resource', () => (breaker.state = 'open')],
    ['readiness', () => (health.isDown = true)],
    ['the resources', () => (health.states = [])],
  ])('status rule 6: sends a report at each change of %s', async (_what, change) => {
    const client = connect();
    await clock.advance(1_000);
    change();
    await clock.advance(250);
    expect(client.events).toHaveLength(2);
    await clock.advance(4_999);
    expect(client.events).toHaveLength(2);
  });

  it('status rule 8: sends the word alone to whom details are not shown', async () => {
    const client = connect(false);
    const other = connect(true);
    await clock.advance(5_000);
    expect(new Set(client.events)).toEqual(new Set(['event: status\ndata: {"state":"up"}\n\n']));
    expect(other.events).toHaveLength(2);
    expect(other.events.join()).not.toContain('"state"');
  });

  it('tells a client when to come again', () => {
    expect(connect().written[0]).toBe('retry: 3000\n\n');
  });

  it('status rule 6: nothing runs before the first client, and nothing is left after the last', async () => {
    expect(clock.pending.all).toBe(0);
    const [one, two] = [connect(), connect()];
    expect(clock.pending).toMatchObject({ foreground: 0, all: 1 });
    one.close();
    expect(clock.pending.all).toBe(1);
    two.close();
    expect(clock.pending.all).toBe(0);
    await clock.advance(60_000);
    expect([one.events.length, two.events.length]).toEqual([1, 1]);
  });

  it('status rule 6: takes no more clients than it may, until one leaves', () => {
    const one = connect();
    expect(events.isOpen).toBe(true);
    connect();
    expect(events.isOpen).toBe(false);
    one.close();
    expect(events.isOpen).toBe(true);
  });

  it('takes no client that has left already', () => {
    const gone = new StagedResponse();
    gone.destroyed = true;
    events.add(() => gone as unknown as ServerResponse, true);
    expect([clock.pending.all, gone.written.length]).toEqual([0, 0]);
  });

  it('status rule 6: a slow client gets nothing more until it has taken the last event', async () => {
    const client = connect();
    client.isSlow = true;
    await clock.advance(5_000);
    await clock.advance(9_000);
    expect(client.events).toHaveLength(2);
    client.emit('drain');
    client.isSlow = false;
    await clock.advance(5_000);
    expect(client.events).toHaveLength(3);
    expect(client.destroyed).toBe(false);
  });

  it('status rule 6: a client that takes nothing for 15 s is dropped', async () => {
    const [slow, other] = [connect(), connect()];
    slow.isSlow = true;
    await clock.advance(5_000);
    await clock.advance(14_999);
    expect(slow.destroyed).toBe(false);
    await clock.advance(251);
    expect([slow.destroyed, other.destroyed]).toEqual([true, false]);
    expect(slow.events).toHaveLength(2);
  });

  it('status rule 6: the drain sends a last report and ends every stream; no other begins', async () => {
    const client = connect();
    drain();
    expect([client.ended, client.events.length, events.isOpen]).toEqual([true, 2, false]);
    client.close();
    expect(clock.pending.all).toBe(0);
  });

  it('status rule 6: a client that does not read holds no shutdown', async () => {
    const [blocked, silent] = [connect(), connect()];
    blocked.isSlow = true;
    await clock.advance(5_000);
    drain();
    expect([blocked.destroyed, silent.destroyed]).toEqual([true, false]);
    await clock.advance(1_000);
    expect(silent.destroyed).toBe(true);
    expect(clock.pending.all).toBe(0);
  });

  describe('a report that cannot be written', () => {
    const logged = vi.fn<(message: unknown) => void>();
    beforeEach(() => {
      logged.mockClear();
      vi.spyOn(Logger.prototype, 'error').mockImplementation(logged);
    });
    afterEach(() => vi.restoreAllMocks());

    it('is an error to the route before the response is taken, and leaves no client', () => {
      unwritable = 1n;
      const take = vi.fn<() => ServerResponse>();
      expect(() => events.add(take, true)).toThrow('BigInt');
      expect(take).not.toHaveBeenCalled();
      expect(clock.pending.all).toBe(0);
    });

    it('drops the clients and says so once, and the process lives', async () => {
      const client = connect();
      unwritable = 1n;
      await clock.advance(60_000);
      expect(client.destroyed).toBe(true);
      expect(logged).toHaveBeenCalledTimes(1);
      expect(clock.pending.all).toBe(0);
    });

    it('status rule 16: holds no shutdown', () => {
      const client = connect();
      unwritable = 1n;
      expect(drain).not.toThrow();
      expect(client.destroyed).toBe(true);
    });
  });
});
