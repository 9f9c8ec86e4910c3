import type { FaultRecord, History } from '../history.js';
import type { Span } from '../node-calls.js';
import { bounds, MARGIN_MS } from './bounds.js';
import { Mutations, type Write } from './mutations.js';
import { readsOf, type Read } from './reads.js';
import { violation, type Violation } from './violation.js';

const ISOLATING = new Set([
  'cut',
  'black-hole',
  'deaf',
  'mute',
  'redis-freeze',
  'redis-crash',
  'redis-loses-data',
]);

/** Rule 13: an isolated node serves what it knew before only marked stale, and only for a while. */
export function checkIsolation(history: History): readonly Violation[] {
  const { writes } = new Mutations(history);
  return readsOf(history).flatMap((read) => {
    const write = writes.get(read.outcome.value ?? '');
    const span = isolationAt(read, history.faults);
    if (!write || !span || !isFrom(write, span)) return [];
    const ageMs = read.startedAt - span.startedAt - MARGIN_MS;
    if (ageMs > bounds.isolation) {
      return [violation('isolation', 'an isolated node goes on serving', [write.record, read])];
    }
    if (ageMs <= bounds.stale || read.outcome.stale !== false) return [];
    const what = 'an isolated node takes what it knew before for fresh';
    return [violation('fresh in isolation', what, [write.record, read])];
  });
}

/** Whether a value was complete before the node was alone. */
function isFrom(write: Write, { startedAt }: Span): boolean {
  return write.endedAt < startedAt;
}

/** The time without any way to Redis in which a read was made from its start to its end. */
function isolationAt(read: Read, faults: readonly FaultRecord[]): Span | undefined {
  const own = faults
    .filter(({ fault }) => !('node' in fault) || fault.node === read.node)
    .filter(({ fault }) => ISOLATING.has(fault.kind))
    .sort((a, b) => b.startedAt - a.startedAt);
  let span = own.find((one) => covers(one, read));
  if (!span) return undefined;
  for (const earlier of own) {
    const isTouching = earlier.startedAt < span.startedAt && earlier.endedAt >= span.startedAt;
    if (isTouching) span = { ...span, startedAt: earlier.startedAt };
  }
  return span;
}

function covers(span: Span, read: Span): boolean {
  return span.startedAt <= read.startedAt && read.endedAt <= span.endedAt;
}
