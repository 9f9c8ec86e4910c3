import { setTimeout as sleep } from 'node:timers/promises';
import type { CacheNode } from './cache-node.js';
import { beginFault } from './fault-effects.js';
import type { Fleet } from './fleet.js';
import type { History } from './history.js';
import { watchPauses } from './pause-watch.js';
import { Recorder } from './recorder.js';
import { SETTLE_MS, type PlannedFault, type Scenario } from './scenario.js';
import { sharedNow } from './shared-clock.js';

const LAST_CALLS_MS = 4_000;
const POLL_MS = 20;

/** Does to a fleet what a scenario plans, and asks every node for every key in the end. */
export async function runScenario(fleet: Fleet, scenario: Scenario): Promise<History> {
  const recorder = new Recorder();
  fleet.listen(recorder);
  const endWatch = watchPauses((span) => recorder.benchPaused(span));
  try {
    const startedAt = sharedNow();
    await Promise.all([
      makeCalls(fleet, scenario, recorder, startedAt),
      ...scenario.faults.map((planned) => makeFault(fleet, planned, recorder, startedAt)),
    ]);
    await until(startedAt + scenario.trafficMs + SETTLE_MS);
    lastCalls(fleet, scenario, recorder);
    const end = sharedNow() + LAST_CALLS_MS;
    while (recorder.pending > 0 && sharedNow() < end) await sleep(POLL_MS);
    return recorder.history(scenario.nodes);
  } finally {
    endWatch();
  }
}

async function makeCalls(
  { nodes }: Fleet,
  { calls }: Scenario,
  recorder: Recorder,
  startedAt: number,
): Promise<void> {
  for (const { atMs, node, call } of calls) {
    await until(startedAt + atMs);
    recorder.order(nodes[node] as CacheNode, call);
  }
}

async function makeFault(
  fleet: Fleet,
  { atMs, lastsMs, fault }: PlannedFault,
  { faults }: Recorder,
  startedAt: number,
): Promise<void> {
  await until(startedAt + atMs);
  const begunAt = sharedNow();
  const end = await beginFault(fleet, fault, lastsMs);
  await until(begunAt + lastsMs);
  await end();
  faults.push({ fault, startedAt: begunAt, endedAt: sharedNow() });
}

/** Everything works again: every node reads every key, both ways, and writes one of its own. */
function lastCalls({ nodes }: Fleet, { seed, keys }: Scenario, recorder: Recorder): void {
  for (const node of nodes) {
    for (const key of keys) {
      recorder.order(node, { op: 'lookup', key });
      recorder.order(node, { op: 'get', key });
    }
    const key = `s${seed}:last:${node.index}`;
    recorder.order(node, { op: 'set', key, value: `last.${node.index}`, tags: [] });
  }
}

async function until(time: number): Promise<void> {
  const rest = time - sharedNow();
  if (rest > 0) await sleep(rest);
}
