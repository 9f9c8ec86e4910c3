import { setTimeout as sleep } from 'node:timers/promises';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { CacheModule, CacheService } from 'nestjs-mainstay/cache';
import type { CallOutcome, NodeCall, NodeMessage, NodeOrder, Span } from './node-calls.js';
import { watchPauses } from './pause-watch.js';
import { sharedNow } from './shared-clock.js';

/** One instance of a service with a cache, which makes the calls that its parent process orders. */
@Module({ imports: [CacheModule.forRoot({ config: { ttl: 600_000 } })] })
class NodeModule {}

function tell(message: NodeMessage): void {
  process.send?.(message);
}

for (const event of ['unhandledRejection', 'uncaughtException'] as const) {
  process.on(event, (error: unknown) => {
    const what = error instanceof Error ? (error.stack ?? error.message) : String(error);
    tell({ kind: 'incident', what: `${event}: ${what}` });
  });
}
// Nobody is left to give orders.
process.on('disconnect', () => process.exit());

const app = await NestFactory.createApplicationContext(NodeModule, { logger: ['fatal'] });
const cache = app.get(CacheService);

interface Loaded {
  factory?: Span;
}

/** Makes the value of a load, in the time that it was told to take. */
async function load(id: number, value: string, factoryMs: number, loaded: Loaded) {
  const startedAt = sharedNow();
  loaded.factory = { startedAt, endedAt: Infinity };
  tell({ kind: 'factory', id, startedAt });
  if (factoryMs > 0) await sleep(factoryMs);
  loaded.factory = { startedAt, endedAt: sharedNow() };
  return value;
}

function read(value: string | null): CallOutcome {
  return { kind: 'read', value: value ?? undefined };
}

function written(acknowledged: boolean): CallOutcome {
  return { kind: 'write', acknowledged };
}

async function make(id: number, call: NodeCall, loaded: Loaded): Promise<CallOutcome> {
  switch (call.op) {
    case 'get':
      return read(await cache.get<string>(call.key));
    case 'lookup': {
      const found = await cache.lookup<string>(call.key);
      if (!found.hit) return { kind: 'read', value: undefined, stale: false };
      const { value, stale, source } = found;
      return { kind: 'read', value: value ?? undefined, stale, source };
    }
    case 'getOrSet': {
      const factory = () => load(id, call.value, call.factoryMs, loaded);
      return read(await cache.getOrSet(call.key, factory, { tags: call.tags }));
    }
    case 'lookupOrSet': {
      const factory = () => load(id, call.value, call.factoryMs, loaded);
      const options = { tags: call.tags };
      const { value, stale, source } = await cache.lookupOrSet(call.key, factory, options);
      return { kind: 'read', value, stale, source };
    }
    case 'set':
      return written(await cache.set(call.key, call.value, { tags: call.tags }));
    case 'put':
      return written((await cache.put(call.key, call.value, { tags: call.tags })) === 'applied');
    case 'delete':
      return written(await cache.delete(call.key));
    case 'invalidateTags':
      return written(await cache.invalidateTags(...call.tags));
    default:
      return written(await cache.clear());
  }
}

async function obey({ id, call }: NodeOrder): Promise<void> {
  const startedAt = sharedNow();
  const loaded: Loaded = {};
  let outcome: CallOutcome = { kind: 'pending' };
  try {
    if (call.op === 'block') while (sharedNow() - startedAt < call.ms);
    else outcome = await make(id, call, loaded);
  } catch (error) {
    const { code, message } = error as Error & { code?: string };
    outcome = { kind: 'error', code: code ?? message };
  }
  const span = { startedAt, endedAt: sharedNow() };
  tell({ kind: 'reply', id, span, outcome, factory: loaded.factory });
}

process.on('message', (order: NodeOrder) => void obey(order));
watchPauses((span) => tell({ kind: 'pause', span }));
tell({ kind: 'ready' });
