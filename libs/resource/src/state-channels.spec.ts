import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { FakeClock } from 'nestjs-mainstay/testing';
import { afterEach, describe, expect, it } from 'vitest';
import { Operations } from './operations.js';
import { ResourceRegistry } from './resource-registry.js';
import { Resource } from './resource.js';
import {
  CIRCUIT_CHANNEL,
  INITIALIZATION_CHANNEL,
  publishPhase,
  publishTransition,
} from './state-channels.js';

const SECRET = 'hunter2-planted';

class Payments extends Resource {
  readonly name = 'payments';

  protected steps() {
    return [];
  }

  async probe() {
    return { capabilities: { read: true } };
  }

  async close() {}
}

describe('the channels of states', () => {
  const ends: (() => void)[] = [];
  afterEach(() => {
    for (const end of ends.splice(0)) end();
  });

  function listen(name: string): unknown[] {
    const heard: unknown[] = [];
    const onMessage = (message: unknown): void => void heard.push(message);
    subscribe(name, onMessage);
    ends.push(() => unsubscribe(name, onMessage));
    return heard;
  }

  it('status rule 3: each change of a circuit breaker is published, a note without secrets', () => {
    const heard = listen(CIRCUIT_CHANNEL);
    const { breaker } = new Operations(new FakeClock()).of({ name: 'payments' });
    breaker?.isolate(`see https://ops:${SECRET}@wiki`);
    breaker?.reset();
    expect(heard).toEqual([
      {
        resource: 'payments',
        from: 'closed',
        to: 'isolated',
        reason: 'isolated',
        note: expect.stringContaining('see https://') as string,
      },
      { resource: 'payments', from: 'isolated', to: 'closed', reason: 'reset' },
    ]);
    expect(JSON.stringify(heard)).not.toContain(SECRET);
  });

  it('status rule 3: each phase that a resource enters is published', () => {
    const heard = listen(INITIALIZATION_CHANNEL);
    const entry = new ResourceRegistry().register(new Payments(), () => undefined);
    entry.beginInitialization([]);
    entry.lastError = 'connect ECONNREFUSED';
    entry.enter('failed');
    entry.lastError = undefined;
    entry.enter('ready');
    const resource = 'payments';
    expect(heard).toEqual([
      { resource, phase: 'initializing', tries: 1 },
      { resource, phase: 'failed', tries: 1, lastError: 'connect ECONNREFUSED' },
      { resource, phase: 'ready', tries: 1 },
    ]);
  });

  it('status rule 3: while nobody listens nothing is read or made', () => {
    const untouched = new Proxy({} as never, {
      get: () => {
        throw new Error('Somebody made a message of it.');
      },
    });
    expect(() => publishTransition(untouched)).not.toThrow();
    expect(() => publishPhase(untouched)).not.toThrow();
    listen(CIRCUIT_CHANNEL);
    expect(() => publishTransition(untouched)).toThrow();
  });
});
