import type { History } from '../history.js';
import { bounds, MARGIN_MS } from './bounds.js';
import { Calm } from './calm.js';
import { Mutations, type Invalidation, type Write } from './mutations.js';
import { readsOf, type Read } from './reads.js';
import { violation, type Violation } from './violation.js';

/** Rule 13: how long after its invalidation who may still serve a value. Rule 10: loads that it fences included. */
export function checkStaleness(history: History): readonly Violation[] {
  const calm = new Calm(history);
  const mutations = new Mutations(history);
  return readsOf(history).flatMap((read) => {
    const { value } = read.outcome;
    if (value === undefined) return [];
    const write = mutations.writes.get(value);
    if (!write || write.key !== read.key || write.startedAt > read.endedAt) {
      return [violation('never written', 'a read gives what nobody wrote there', [read])];
    }
    for (const invalidation of mutations.invalidationsOf(write)) {
      if (invalidation.endedAt >= read.startedAt) continue;
      const broken = brokenBy(read, write, invalidation, calm);
      if (broken) return [violation(...broken, [write.record, invalidation.record, read])];
    }
    return [];
  });
}

function brokenBy(
  read: Read,
  write: Write,
  invalidation: Invalidation,
  calm: Calm,
): [check: string, what: string] | undefined {
  if (invalidation.node === read.node) {
    return ['invalidator', 'who invalidated a value is given it again'];
  }
  const settled = Math.max(invalidation.endedAt, calm.lastDisturbance(read.startedAt));
  const agreed = settled + bounds.reconnect + bounds.agree + MARGIN_MS;
  if (read.startedAt > agreed) {
    return ['comes back', 'an invalidated value is there although all is well again'];
  }
  if (read.outcome.stale !== false || mayHaveJoined(read, write, invalidation, calm)) {
    return undefined;
  }
  const late = read.startedAt - freshUntil(invalidation, read, calm);
  if (late > 0)
    return ['stale as fresh', `an invalidated value is fresh ${late.toFixed()} ms late`];
  return undefined;
}

/** The latest time at which a node may take what was invalidated for fresh. */
function freshUntil(invalidation: Invalidation, read: Read, calm: Calm): number {
  const known = calm.knownAt(invalidation) + MARGIN_MS;
  const span = { startedAt: invalidation.startedAt - bounds.stale, endedAt: read.startedAt };
  // The time to replay is the time until others have heard of it, where they can hear.
  if (!invalidation.isAcknowledged && calm.isCalm(read.node, span)) return known;
  return known + bounds.stale;
}

/** A node that hears nothing cannot know that the load that a call joins, or its own, is out of date. */
function mayHaveJoined(read: Read, write: Write, { startedAt }: Invalidation, calm: Calm): boolean {
  if (!write.isLoad || write.node !== read.node || write.endedAt < read.startedAt) return false;
  return !calm.isCalm(read.node, { startedAt: startedAt - bounds.stale, endedAt: read.startedAt });
}
