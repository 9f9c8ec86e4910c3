import type { CallRecord, History } from '../history.js';
import type { CallOutcome } from '../node-calls.js';

/** A read that was answered. */
export interface Read extends CallRecord {
  readonly key: string;
  readonly outcome: Extract<CallOutcome, { kind: 'read' }>;
}

/** The reads of a history that were answered, loads included. */
export function readsOf({ calls }: History): readonly Read[] {
  return calls.flatMap((record) => {
    const { call, outcome } = record;
    if (outcome.kind !== 'read' || !('key' in call)) return [];
    return [{ ...record, outcome, key: call.key }];
  });
}
