import type { History } from '../history.js';
import { bounds } from './bounds.js';
import { Calm } from './calm.js';
import { Mutations, uncertainty, type Invalidation, type Write } from './mutations.js';
import { readsOf, type Read } from './reads.js';
import { violation, type Violation } from './violation.js';

const SETTLE_MS = bounds.reconnect + bounds.agree;

/**
 * Once all is well again: all nodes agree (rule 13), and what was acknowledged is there, unless something newer may have
 * replaced it (rule 3).
 */
export function checkSettled(history: History): readonly Violation[] {
  const mutations = new Mutations(history);
  const settled = settledReads(history, mutations);
  return [...disagreements(settled), ...losses(settled, mutations, history)];
}

/** Reads when all has been well for long enough, and nothing is changed any more. */
function settledReads(history: History, mutations: Mutations): readonly Read[] {
  const calm = new Calm(history);
  return readsOf(history).filter((read) => {
    const since = read.startedAt - SETTLE_MS;
    if (calm.lastDisturbance(read.endedAt) > since) return false;
    return changes(mutations, read).every(({ endedAt }) => endedAt < since);
  });
}

/** Everything that may have changed a key. */
function changes({ writes, invalidations, doubtful }: Mutations, { key }: Read) {
  const tags = [...writes.values()].flatMap((write) => (write.key === key ? write.tags : []));
  return [
    ...[...writes.values()].filter((write) => write.key === key),
    ...invalidations.filter((one) => one.hits(key, tags)),
    ...doubtful,
  ];
}

function disagreements(reads: readonly Read[]): Violation[] {
  const first = new Map<string, Read>();
  return reads.flatMap((read) => {
    const other = first.get(read.key);
    if (!other) first.set(read.key, read);
    if (!other || other.outcome.value === read.outcome.value) return [];
    return [violation('agreement', 'all is well again, and nodes disagree', [other, read])];
  });
}

function losses(reads: readonly Read[], mutations: Mutations, history: History): Violation[] {
  const kept = [...mutations.writes.values()].filter(
    (write) => write.isAcknowledged && !isDataLostAfter(write, history),
  );
  return reads.flatMap((read) => {
    const lost = kept.find(
      (write) => write.key === read.key && !isExplained(read, write, mutations),
    );
    if (!lost) return [];
    const what = 'what was acknowledged is gone, and nothing newer explains it';
    return [violation('acknowledged', what, [lost.record, read])];
  });
}

function isDataLostAfter({ startedAt }: Write, { faults }: History): boolean {
  return faults.some(
    ({ fault, endedAt }) => fault.kind === 'redis-loses-data' && endedAt >= startedAt,
  );
}

/** Whether what a read gave may be newer than an acknowledged write. */
function isExplained(read: Read, write: Write, mutations: Mutations): boolean {
  const { value } = read.outcome;
  if (value === write.value || mutations.doubtful.length > 0) return true;
  const writes = [...mutations.writes.values()].filter(
    (other) => other !== write && other.key === write.key && !isSurelyOlder(other, write),
  );
  if (value !== undefined) return writes.some((other) => other.value === value);
  // A write that was not acknowledged may have become a deletion.
  if (writes.some((other) => !other.isAcknowledged)) return true;
  const invalidations = mutations.invalidations.filter((one) => !one.isSet);
  // What has replaced it may have had other tags.
  return [write, ...writes].some(({ key, tags }) =>
    invalidations.some((one) => one.hits(key, tags) && !isSurelyOlder(one, write)),
  );
}

function isSurelyOlder(other: Write | Invalidation, write: Write): boolean {
  const isLoad = 'isLoad' in other && other.isLoad;
  const at = isLoad ? other.startedAt : other.endedAt;
  return at + uncertainty({ ...other, isLoad }, write) < write.startedAt;
}
