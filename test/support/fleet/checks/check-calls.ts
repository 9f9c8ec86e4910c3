import type { CallRecord, History } from '../history.js';
import type { Span } from '../node-calls.js';
import { bounds, MARGIN_MS } from './bounds.js';
import { Calm } from './calm.js';
import { violation, type Violation } from './violation.js';

/** What tells its caller that the cache is down, by an error of a known kind. */
const MAY_FAIL = new Set(['lookup', 'put']);
const KNOWN_ERROR = /^(CACHE_|CIRCUIT_OPEN$|OPERATION_TIMEOUT$)/;

/** Rules 1, 2 and 4: calls end in time, the cache's failures are not its callers', and no process dies. */
export function checkCalls(history: History): readonly Violation[] {
  return [
    ...history.incidents.map(({ node, what }) => violation('process', `node ${node}: ${what}`, [])),
    ...history.calls.flatMap((record) => [...lateness(record, history), ...failure(record)]),
    ...unrecovered(history),
  ];
}

function lateness(record: CallRecord, history: History): Violation[] {
  const { outcome, startedAt, endedAt, node } = record;
  if (outcome.kind === 'pending') {
    const isDead = history.incidents.some((incident) => incident.node === node);
    return isDead ? [] : [violation('deadline', 'a call never ended', [record])];
  }
  const pauses = history.pauses.filter((pause) => pause.node === node);
  const idle = pauses.reduce((sum, pause) => sum + Math.max(0, overlap(pause, record)), 0);
  const allowed = bounds.call + factoryMs(record, history.calls) + MARGIN_MS;
  const took = endedAt - startedAt - idle;
  if (took <= allowed) return [];
  return [violation('deadline', `a call took ${took.toFixed()} ms`, [record])];
}

/** The longest time of a factory that a call may have waited for: its own, or the one that it joined. */
function factoryMs(record: CallRecord, calls: readonly CallRecord[]): number {
  const { call, node } = record;
  if (!('factoryMs' in call)) return 0;
  const others = calls.flatMap((other) => {
    const isJoinable = 'factoryMs' in other.call && other.call.key === call.key;
    if (!isJoinable || other.node !== node || overlap(other, record) <= 0) return [];
    return [other.call.factoryMs];
  });
  return Math.max(call.factoryMs, ...others);
}

function failure(record: CallRecord): Violation[] {
  const { call, outcome } = record;
  if (outcome.kind !== 'error') return [];
  if (MAY_FAIL.has(call.op) && KNOWN_ERROR.test(outcome.code)) return [];
  return [violation('failure', `${call.op} fails with ${outcome.code}`, [record])];
}

/** Once all is well again, everything works. */
function unrecovered(history: History): Violation[] {
  const calm = new Calm(history);
  return history.calls.flatMap((record) => {
    const { outcome, startedAt, endedAt } = record;
    const isWell =
      calm.lastDisturbance(endedAt) + bounds.reconnect + bounds.agree < startedAt &&
      !history.pauses.some((pause) => overlap(pause, record) > 0);
    const isRefused = outcome.kind === 'write' && !outcome.acknowledged;
    if (!isWell || (outcome.kind !== 'error' && !isRefused)) return [];
    return [violation('recovery', 'all is well again, and a call fails', [record])];
  });
}

function overlap(a: Span, b: Span): number {
  return Math.min(a.endedAt, b.endedAt) - Math.max(a.startedAt, b.startedAt);
}
