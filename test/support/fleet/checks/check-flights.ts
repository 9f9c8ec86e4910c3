import type { CallRecord, History } from '../history.js';
import type { Span } from '../node-calls.js';
import { bounds } from './bounds.js';
import { Calm } from './calm.js';
import { Mutations, type Write } from './mutations.js';
import { violation, type Violation } from './violation.js';

/** How long before a load something may have happened that it is still fenced by. */
const HEARSAY_MS = bounds.reconnect + bounds.agree;

/** Rule 15: a node calls the factory of a key once at a time, unless something may have fenced the first call. */
export function checkFlights(history: History): readonly Violation[] {
  const calm = new Calm(history);
  const mutations = new Mutations(history);
  const loads = [...mutations.writes.values()].filter(({ isLoad }) => isLoad);
  return loads.flatMap((first) => {
    const second = loads.find((other) => isBeside(other, first));
    if (!second) return [];
    const span = { startedAt: first.startedAt - HEARSAY_MS, endedAt: second.startedAt };
    if (!calm.isCalm(first.node, span) || mayBeFenced(first, span, mutations)) return [];
    const what = 'a node calls the factory of a key twice at a time';
    return [violation('single flight', what, [first.record, second.record])];
  });
}

/** Whether a load of the same key began on the same node while the factory of the other ran. */
function isBeside(other: Write, { record, node, key, startedAt }: Write): boolean {
  const isSameKey = other.record !== record && other.node === node && other.key === key;
  return isSameKey && other.startedAt > startedAt && other.startedAt < factoryEnd(record);
}

function factoryEnd({ factory }: CallRecord): number {
  return factory?.endedAt ?? -Infinity;
}

function mayBeFenced(first: Write, span: Span, mutations: Mutations): boolean {
  const { invalidations, writes, doubtful } = mutations;
  if (doubtful.length > 0) return true;
  const isFencing = (one: Span & { readonly node: number }): boolean => {
    const since = one.node === first.node ? first.startedAt : span.startedAt;
    return one.startedAt < span.endedAt && one.endedAt > since;
  };
  const remoteLoads = [...writes.values()].filter(
    ({ node, key, isLoad }) => isLoad && node !== first.node && key === first.key,
  );
  // A factory may decide on any tags: after an invalidation of some nobody joins a load that began before.
  const fences = invalidations.filter(
    (one) => one.record.call.op === 'invalidateTags' || one.hits(first.key, first.tags),
  );
  return fences.some(isFencing) || remoteLoads.some(isFencing);
}
