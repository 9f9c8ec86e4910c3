import { describe, expect, it } from 'vitest';
import type { CallRecord, History } from '../history.js';
import type { CallOutcome, NodeCall } from '../node-calls.js';
import { checkHistory } from './checker.js';

const KEY = 'key';
const TAGS = ['tag'];

function call(node: number, at: number, what: NodeCall, outcome: CallOutcome, ms = 1): CallRecord {
  return { node, call: what, outcome, startedAt: at, endedAt: at + ms };
}

function set(node: number, at: number, value: string, acknowledged = true): CallRecord {
  const what = { op: 'set', key: KEY, value, tags: TAGS } as const;
  return call(node, at, what, { kind: 'write', acknowledged });
}

function remove(node: number, at: number, acknowledged = true): CallRecord {
  return call(node, at, { op: 'delete', key: KEY }, { kind: 'write', acknowledged });
}

function lookup(node: number, at: number, value?: string, stale = false): CallRecord {
  return call(node, at, { op: 'lookup', key: KEY }, { kind: 'read', value, stale });
}

function write(at: number, value: string, tags: readonly string[]): CallRecord {
  const what = { op: 'set', key: KEY, value, tags } as const;
  return call(0, at, what, { kind: 'write', acknowledged: true });
}

function invalidateTags(at: number, ...tags: readonly string[]): CallRecord {
  return call(0, at, { op: 'invalidateTags', tags }, { kind: 'write', acknowledged: true });
}

function load(node: number, at: number, value: string, factoryMs: number): CallRecord {
  const what = { op: 'lookupOrSet', key: KEY, value, tags: TAGS, factoryMs } as const;
  const factory = { startedAt: at, endedAt: at + factoryMs };
  const outcome = { kind: 'read', value, stale: false } as const;
  return { ...call(node, at, what, outcome, factoryMs + 1), factory };
}

function history(calls: readonly CallRecord[], more: Partial<History> = {}): History {
  return { nodes: 2, calls, faults: [], pauses: [], incidents: [], ...more };
}

function cut(node: number, startedAt: number, endedAt: number): Partial<History> {
  return { faults: [{ fault: { kind: 'cut', node }, startedAt, endedAt }] };
}

describe('checkHistory finds', () => {
  it.each<[found: string, history: History]>([
    ['never written', history([lookup(0, 0, 'from nowhere')])],
    ['invalidator', history([set(0, 0, 'a'), remove(0, 10), lookup(0, 12, 'a')])],
    [
      'invalidator',
      history([set(0, 0, 'a'), remove(0, 10, false), lookup(0, 20, 'a', true)], cut(0, 5, 9_000)),
    ],
    ['stale as fresh', history([set(0, 0, 'a'), remove(0, 10), lookup(1, 3_700, 'a')])],
    [
      'stale as fresh',
      history([set(1, 0, 'a'), remove(0, 3_000, false), lookup(1, 7_500, 'a')], cut(0, 10, 4_000)),
    ],
    [
      'comes back',
      history([set(1, 0, 'a'), remove(0, 3_000, false), lookup(1, 11_000, 'a')], cut(0, 10, 4_000)),
    ],
    ['comes back', history([load(1, 0, 'a', 1_000), remove(0, 500), lookup(1, 9_000, 'a')])],
    [
      'deadline',
      history([call(0, 0, { op: 'get', key: KEY }, { kind: 'read', value: undefined }, 900)]),
    ],
    ['deadline', history([call(0, 0, { op: 'clear' }, { kind: 'pending' }, Infinity)])],
    [
      'failure',
      history([call(0, 0, { op: 'get', key: KEY }, { kind: 'error', code: 'CACHE_DOWN' })]),
    ],
    ['failure', history([call(0, 0, { op: 'lookup', key: KEY }, { kind: 'error', code: 'oops' })])],
    ['process', history([], { incidents: [{ node: 0, at: 0, what: 'unhandledRejection' }] })],
    ['recovery', history([set(0, 7_000, 'a', false)], cut(0, 0, 10))],
    ['single flight', history([load(0, 0, 'a', 100), load(0, 50, 'b', 100)])],
    ['isolation', history([set(0, 0, 'a'), lookup(0, 31_000, 'a', true)], cut(0, 100, 40_000))],
    ['fresh in isolation', history([set(0, 0, 'a'), lookup(0, 5_000, 'a')], cut(0, 100, 9_000))],
    [
      'agreement',
      history([set(0, 0, 'a'), set(1, 0, 'b'), lookup(0, 9_000, 'a'), lookup(1, 9_000, 'b')]),
    ],
    ['acknowledged', history([set(0, 0, 'a'), lookup(1, 9_000)])],
    [
      'acknowledged',
      history([
        invalidateTags(0, 't'),
        write(10, 'a', []),
        write(20, 'b', ['t']),
        lookup(1, 9_000),
      ]),
    ],
    ['acknowledged', history([set(0, 0, 'a'), set(0, 5_000, 'b'), lookup(1, 15_000, 'a')])],
  ])('%s', (found, one) => {
    expect(checkHistory(one).map(({ check }) => check)).toContain(found);
  });
});

describe('checkHistory allows', () => {
  it.each<[what: string, history: History]>([
    [
      'a read just after a deletion elsewhere',
      history([set(0, 0, 'a'), remove(0, 10), lookup(1, 2_900, 'a')]),
    ],
    [
      'a deletion and a write at one time',
      history([remove(0, 0), set(1, 0, 'a'), lookup(0, 9_000, 'a')]),
    ],
    [
      'a stale copy in isolation',
      history([set(0, 0, 'a'), remove(1, 500), lookup(0, 20_000, 'a', true)], cut(0, 100, 40_000)),
    ],
    [
      'an old value elsewhere while who deleted it is alone',
      history(
        [set(1, 0, 'a'), remove(0, 3_000, false), lookup(1, 30_000, 'a')],
        cut(0, 10, 40_000),
      ),
    ],
    [
      'a write that was not acknowledged and is not there',
      history([set(0, 500, 'a', false), lookup(1, 20_000)], cut(0, 10, 4_000)),
    ],
    [
      'a load that is overtaken by a deletion and given to its caller',
      history([load(1, 0, 'a', 1_000), remove(0, 500)]),
    ],
    [
      'a call of a process that had no time',
      history([call(0, 0, { op: 'get', key: KEY }, { kind: 'read', value: undefined }, 900)], {
        pauses: [{ node: 0, startedAt: 100, endedAt: 800 }],
      }),
    ],
    [
      'that nothing is there where what has replaced a value was invalidated by its tags',
      history([
        write(0, 'a', []),
        write(10, 'b', ['t']),
        invalidateTags(20, 't'),
        lookup(1, 9_000),
      ]),
    ],
    [
      'a second load beside one that began before an invalidation of whatever tags',
      history([load(0, 0, 'a', 100), invalidateTags(20, 'u'), load(0, 50, 'b', 100)]),
    ],
    [
      'what was acknowledged before Redis lost its data and is gone',
      history([set(0, 0, 'a'), lookup(1, 20_000)], {
        faults: [{ fault: { kind: 'redis-loses-data' }, startedAt: 100, endedAt: 1_000 }],
      }),
    ],
  ])('%s', (_what, one) => {
    expect(checkHistory(one)).toEqual([]);
  });
});
