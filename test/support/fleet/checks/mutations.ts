import type { CallRecord, History } from '../history.js';
import type { NodeCall, Span } from '../node-calls.js';
import { bounds } from './bounds.js';

/** A value that came into being: by a write, or by a factory. */
export interface Write extends Span {
  readonly record: CallRecord;
  readonly node: number;
  readonly key: string;
  readonly value: string;
  readonly tags: readonly string[];
  /** A load is as old as its factory's start; `endedAt` is when the call that made it ended. */
  readonly isLoad: boolean;
  readonly isAcknowledged: boolean;
}

/** A call that makes older values invalid; it has ended without an error. */
export interface Invalidation extends Span {
  readonly record: CallRecord;
  readonly node: number;
  readonly isAcknowledged: boolean;
  readonly isSet: boolean;
  /** Whether it concerns a key whose value carries these tags. */
  hits(key: string, tags: readonly string[]): boolean;
}

/** What the calls of a history did to keys. */
export class Mutations {
  readonly writes: ReadonlyMap<string, Write>;
  readonly invalidations: readonly Invalidation[];
  /** Calls that may have done something although they threw or never ended. */
  readonly doubtful: readonly CallRecord[];

  constructor({ calls }: History) {
    const writes = calls.map(writeOf).filter((write) => write !== undefined);
    this.writes = new Map(writes.map((write) => [write.value, write]));
    this.invalidations = calls.map(invalidationOf).filter((one) => one !== undefined);
    this.doubtful = calls.filter(({ call, outcome }) => {
      const isUnknown = outcome.kind === 'error' || outcome.kind === 'pending';
      return isUnknown && invalidates(call) !== undefined;
    });
  }

  /** What certainly made a value invalid, whatever the clocks of the nodes said. */
  invalidationsOf(write: Write): readonly Invalidation[] {
    return this.invalidations.filter(
      (one) =>
        one.record !== write.record &&
        one.hits(write.key, write.tags) &&
        isSurelyBefore(write, one),
    );
  }
}

/** Whether a write was before an invalidation, wherever these calls were when they overlapped. */
export function isSurelyBefore(write: Write, later: Invalidation): boolean {
  const at = write.isLoad ? write.startedAt : write.endedAt;
  return at + uncertainty(write, later) < later.startedAt;
}

/** By how much the order of two calls may be other than that of their times. */
export function uncertainty(
  first: { readonly node: number; readonly isAcknowledged: boolean; readonly isLoad?: boolean },
  second: { readonly node: number; readonly isAcknowledged: boolean },
): number {
  if (first.node === second.node) return 0;
  // A load is as old as its factory at least, whoever stores it and when.
  const isExact = (first.isAcknowledged || first.isLoad === true) && second.isAcknowledged;
  return isExact ? 0 : bounds.clocks;
}

function writeOf(record: CallRecord): Write | undefined {
  const { call, node, factory, outcome, startedAt, endedAt } = record;
  if (!('value' in call)) return undefined;
  const { key, value, tags } = call;
  const common = { record, node, key, value, tags, endedAt };
  if (call.op === 'set' || call.op === 'put') {
    return { ...common, startedAt, isLoad: false, isAcknowledged: isAcknowledged(record) };
  }
  if (!factory) return undefined;
  const ended = outcome.kind === 'pending' ? Infinity : endedAt;
  const { startedAt: loadedSince } = factory;
  return { ...common, startedAt: loadedSince, endedAt: ended, isLoad: true, isAcknowledged: false };
}

function invalidationOf(record: CallRecord): Invalidation | undefined {
  const { call, node, outcome, startedAt, endedAt } = record;
  const hits = invalidates(call);
  if (!hits || outcome.kind !== 'write') return undefined;
  const isSet = call.op === 'set' || call.op === 'put';
  const common = { record, node, startedAt, endedAt, isSet, hits };
  return { ...common, isAcknowledged: isAcknowledged(record) };
}

function isAcknowledged({ outcome }: CallRecord): boolean {
  return outcome.kind === 'write' && outcome.acknowledged;
}

/** What a call makes invalid; `undefined` = nothing. */
function invalidates(call: NodeCall): Invalidation['hits'] | undefined {
  switch (call.op) {
    case 'set':
    case 'put':
    case 'delete':
      return (key) => key === call.key;
    case 'invalidateTags':
      return (_, tags) => call.tags.some((tag) => tags.includes(tag));
    case 'clear':
      return () => true;
    default:
      return undefined;
  }
}
