import { Logger } from '@nestjs/common';
import { CircuitOpenError } from 'nestjs-mainstay/resilience';
import type { ResourceEntry, ResourcePhase, ResourceRegistry } from 'nestjs-mainstay/resource';
import { FakeClock } from 'nestjs-mainstay/testing';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { PendingContents } from '../documents/pending-contents.js';
import type { ContentAudit } from './content-audit.js';
import type { PendingSweep } from './pending-sweep.js';
import { SweepSchedule } from './sweep.schedule.js';
import { SweepService } from './sweep.service.js';

const MINUTE_MS = 60_000;
const WHOLE = { whole: 3, lostDocuments: 0, orphanedContents: 0, putBack: 0, isComplete: true };

let clock: FakeClock;
let phases: Record<string, ResourcePhase>;
let listeners: Set<(entry: ResourceEntry) => void>;
let schedule: SweepSchedule;
let removals: (number | Error)[];

const registry = {
  get: (name: string) => ({ phase: phases[name] }) as ResourceEntry,
  subscribe(listener: (entry: ResourceEntry) => void) {
    listeners.add(listener);
    return () => listeners.delete(listener);
  },
} as unknown as ResourceRegistry;

const pendingSweep = {
  run: vi.fn(async (_signal: AbortSignal) => {
    const next = removals.shift() ?? 0;
    if (next instanceof Error) throw next;
    return next;
  }),
};
const audit = { run: vi.fn(async () => WHOLE) };
const pending = { renewLeases: vi.fn(async () => undefined) };
const logged = { log: vi.fn(), warn: vi.fn(), error: vi.fn() };

beforeEach(() => {
  vi.clearAllMocks();
  for (const level of ['log', 'warn', 'error'] as const) {
    vi.spyOn(Logger.prototype, level).mockImplementation(logged[level]);
  }
  clock = new FakeClock();
  phases = { database: 'ready', storage: 'ready' };
  listeners = new Set();
  removals = [];
  const service = new SweepService(
    pendingSweep as unknown as PendingSweep,
    audit as unknown as ContentAudit,
    clock,
  );
  schedule = new SweepSchedule(registry, service, pending as unknown as PendingContents, clock);
});

afterEach(() => schedule.onModuleDestroy());

function enter(name: string, phase: ResourcePhase): void {
  phases[name] = phase;
  for (const listener of listeners) listener({ name, phase } as ResourceEntry);
}

it('sweeps at the start and says in one line what came of it', async () => {
  removals = [2];
  schedule.onApplicationBootstrap();
  await clock.advance(0);
  expect(logged.log.mock.calls).toEqual([
    [
      'Swept in 0 ms: 3 documents with their content; 0 documents without a content and 0 contents without a document ' +
        'set aside, 0 put back; 2 unfinished contents removed',
    ],
  ]);
});

it('waits for the database and the storage, whichever comes last', async () => {
  phases = { database: 'failed', storage: 'initializing' };
  schedule.onApplicationBootstrap();
  enter('storage', 'ready');
  await clock.advance(10 * MINUTE_MS);
  expect(pendingSweep.run).not.toHaveBeenCalled();
  enter('database', 'ready');
  await clock.advance(0);
  expect(pendingSweep.run).toHaveBeenCalledOnce();
  expect(listeners.size).toBe(0);
});

it('looks for unfinished contents every minute, and compares everything once', async () => {
  removals = [0, 0, 1];
  schedule.onApplicationBootstrap();
  await clock.advance(2 * MINUTE_MS);
  expect(pendingSweep.run).toHaveBeenCalledTimes(3);
  expect(audit.run).toHaveBeenCalledOnce();
  expect(logged.log.mock.calls.map(([line]) => String(line))).toEqual([
    expect.stringContaining('3 documents'),
    'Swept in 0 ms: 1 unfinished contents removed',
  ]);
});

it('goes on with the comparison until it is complete', async () => {
  audit.run.mockResolvedValueOnce({ ...WHOLE, isComplete: false });
  schedule.onApplicationBootstrap();
  await clock.advance(5 * MINUTE_MS);
  expect(audit.run).toHaveBeenCalledTimes(2);
});

it('tries again when the database or the storage went away meanwhile', async () => {
  removals = [new CircuitOpenError('database', 1_000)];
  schedule.onApplicationBootstrap();
  await clock.advance(0);
  expect(logged.warn).toHaveBeenCalledWith(expect.stringContaining('The sweep goes on later'));
  expect(audit.run).not.toHaveBeenCalled();
  await clock.advance(MINUTE_MS);
  expect(audit.run).toHaveBeenCalledOnce();
});

it('reports a mistake with its stack, and tries again', async () => {
  removals = [new TypeError('a mistake')];
  schedule.onApplicationBootstrap();
  await clock.advance(MINUTE_MS);
  expect(logged.error).toHaveBeenCalledWith(
    expect.stringContaining('a mistake'),
    expect.stringContaining('TypeError'),
  );
  expect(audit.run).toHaveBeenCalledOnce();
});

it('renews the leases of uploads that take long', async () => {
  schedule.onApplicationBootstrap();
  await clock.advance(3 * MINUTE_MS);
  expect(pending.renewLeases).toHaveBeenCalledTimes(4);
});

it('ends with the service, in the middle of a sweep too', async () => {
  let given: AbortSignal | undefined;
  pendingSweep.run.mockImplementationOnce(async (signal) => {
    given = signal;
    return clock.sleep(MINUTE_MS, signal).then(() => 0);
  });
  schedule.onApplicationBootstrap();
  await clock.advance(0);
  schedule.onModuleDestroy();
  expect(given?.aborted).toBe(true);
  await clock.advance(10 * MINUTE_MS);
  expect(pendingSweep.run).toHaveBeenCalledOnce();
  expect(logged.warn).not.toHaveBeenCalled();
  expect(logged.error).not.toHaveBeenCalled();
});
