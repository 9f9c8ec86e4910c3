import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CacheNode } from '../support/fleet/cache-node.js';
import type { NodeMessage } from '../support/fleet/node-calls.js';
import { eventually } from '../support/eventually.js';
import { RedisServer } from '../support/servers/redis-server.js';

const PROCESSES = 4;
const CALLS_PER_PROCESS = 250;
const FACTORY_MS = 300;

type Reply = Extract<NodeMessage, { kind: 'reply' }>;

let redis: RedisServer;
const nodes: CacheNode[] = [];
const replies: Reply[] = [];
/** The node of each call of a factory. */
const factories: CacheNode[] = [];
let calls = 0;

beforeAll(async () => {
  redis = await RedisServer.start();
  const listener = {
    message: (node: CacheNode, message: NodeMessage): void => {
      if (message.kind === 'factory') factories.push(node);
      if (message.kind === 'reply') replies.push(message);
    },
    died: (): void => undefined,
  };
  const environment = { CACHE_LOCK: 'true', CACHE_LOCK_WAIT: '2s' };
  const started = Array.from({ length: PROCESSES }, (_, index) =>
    CacheNode.start(index, redis.url, listener, environment),
  );
  nodes.push(...(await Promise.all(started)));
});
afterAll(async () => {
  await Promise.all(nodes.map((node) => node.dispose()));
  await redis.dispose();
});

function getOrSet(node: CacheNode, key: string, factoryMs = FACTORY_MS): void {
  const value = `${key} of ${node.index}`;
  node.order({ id: calls++, call: { op: 'getOrSet', key, value, factoryMs, tags: [] } });
}

function valuesOf(from: readonly Reply[]): ReadonlySet<unknown> {
  return new Set(from.map(({ outcome }) => outcome.kind === 'read' && outcome.value));
}

/** Waits until all calls have ended, or those of the living. */
async function replied(count = calls): Promise<void> {
  await eventually(() => expect(replies).toHaveLength(count), 20_000);
}

describe(`cache rule 15: across ${PROCESSES} processes with the lock, one call`, () => {
  it('of the factory for 1,000 misses of a key', async () => {
    for (const node of nodes) {
      for (let call = 0; call < CALLS_PER_PROCESS; call++) getOrSet(node, 'missing');
    }
    await replied();
    expect(factories).toHaveLength(1);
    expect(valuesOf(replies)).toEqual(new Set([`missing of ${factories[0]?.index}`]));
  });
});

describe('cache rule 15: a process that is killed while it holds the lock', () => {
  it('holds the others up for the wait at most', async () => {
    const [first, ...others] = nodes as [CacheNode, ...CacheNode[]];
    const before = calls;
    factories.length = 0;
    replies.length = 0;
    getOrSet(first, 'killed', 60_000);
    await eventually(() => expect(factories).toEqual([first]));
    for (const node of others) getOrSet(node, 'killed');
    await sleep(200);
    await first.dispose();
    await replied(calls - before - 1);
    for (const { span } of replies) {
      // The wait for the lock, the factory, and what a busy machine adds.
      expect(span.endedAt - span.startedAt).toBeLessThan(2_000 + FACTORY_MS + 1_000);
    }
    expect(valuesOf(replies).has(`killed of ${first.index}`)).toBe(false);
  });
});
