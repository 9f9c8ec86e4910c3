import type { NodeCall } from './node-calls.js';
import { SeededRandom } from './seeded-random.js';

/** What happens to the network or the process of a node. */
export type NodeFaultKind =
  /** Connections are broken, new ones refused. */
  | 'cut'
  /** Nothing arrives, in either direction. */
  | 'black-hole'
  /** The node speaks and does not hear. */
  | 'deaf'
  /** The node hears and is not heard. */
  | 'mute'
  /** The server's side of its connections ends. */
  | 'half-close'
  /** Every byte takes its time. */
  | 'delay'
  /** The process is frozen. */
  | 'freeze'
  /** The process computes and does nothing else. */
  | 'block';

/** What happens to the Redis that all nodes share. */
export type RedisFaultKind = 'redis-freeze' | 'redis-crash' | 'redis-loses-data';

/** A fault. */
export type Fault =
  | { readonly kind: NodeFaultKind; readonly node: number; readonly delayMs?: number }
  | { readonly kind: RedisFaultKind };

/** A call at its time, in milliseconds from the start. */
export interface PlannedCall {
  readonly atMs: number;
  readonly node: number;
  readonly call: NodeCall;
}

/** A fault and its time, in milliseconds. */
export interface PlannedFault {
  readonly atMs: number;
  readonly lastsMs: number;
  readonly fault: Fault;
}

/** What is done to a fleet; all of it follows from the seed. */
export interface Scenario {
  readonly seed: number;
  readonly nodes: number;
  readonly keys: readonly string[];
  /** After it no fault is left and nothing is written any more, in milliseconds. */
  readonly trafficMs: number;
  readonly calls: readonly PlannedCall[];
  readonly faults: readonly PlannedFault[];
}

const OPERATIONS = {
  lookup: 30,
  get: 8,
  lookupOrSet: 16,
  getOrSet: 5,
  set: 12,
  put: 4,
  delete: 12,
  invalidateTags: 4,
  clear: 1,
};

const NODE_FAULTS = {
  cut: 4,
  'black-hole': 4,
  deaf: 4,
  mute: 3,
  'half-close': 2,
  delay: 3,
  freeze: 4,
  block: 1,
};

const REDIS_FAULTS = { 'redis-freeze': 3, 'redis-crash': 2, 'redis-loses-data': 2 };

/** How long after the faults nodes are still asked, which is more than they have to agree, in milliseconds. */
export const SETTLE_MS = 6_500;

/** Plans a scenario. */
export function planScenario(seed: number, nodes: number): Scenario {
  const random = new SeededRandom(seed);
  const prefix = `s${seed}`;
  const keys = Array.from({ length: random.int(1, 4) }, (_, index) => `${prefix}:k${index}`);
  const tags = ['a', 'b'].map((tag) => `${prefix}:${tag}`);
  const trafficMs = random.int(2_000, 9_000);
  const faults = planFaults(random, nodes, trafficMs);
  const calls: PlannedCall[] = [];
  for (let node = 0; node < nodes; node++) {
    const calm = random.int(20, 250);
    for (let atMs = random.int(0, calm); atMs < trafficMs; atMs += random.int(1, 2 * calm)) {
      const value = `${node}.${calls.length}`;
      calls.push({ atMs, node, call: planCall(random, keys, tags, value) });
    }
    for (let atMs = trafficMs; atMs < trafficMs + SETTLE_MS; atMs += random.int(50, 250)) {
      calls.push({ atMs, node, call: { op: 'lookup', key: random.pick(keys) } });
    }
  }
  return { seed, nodes, keys, trafficMs, faults, calls: calls.sort((a, b) => a.atMs - b.atMs) };
}

function planCall(
  random: SeededRandom,
  keys: readonly string[],
  allTags: readonly string[],
  value: string,
): NodeCall {
  const op = random.weighted(OPERATIONS);
  const key = random.pick(keys);
  const tags = allTags.filter(() => random.chance(0.3));
  switch (op) {
    case 'get':
    case 'lookup':
    case 'delete':
      return { op, key };
    case 'set':
    case 'put':
      return { op, key, value, tags };
    case 'getOrSet':
    case 'lookupOrSet':
      return { op, key, value, tags, factoryMs: planFactoryMs(random) };
    case 'invalidateTags':
      return { op, tags: [random.pick(allTags)] };
    default:
      return { op };
  }
}

function planFactoryMs(random: SeededRandom): number {
  return random.chance(0.3) ? random.int(300, 1_500) : random.int(0, 60);
}

/** Faults of one target come one after the other, those of different targets as it happens. */
function planFaults(random: SeededRandom, nodes: number, trafficMs: number): PlannedFault[] {
  const faults: PlannedFault[] = [];
  for (let node = 0; node < nodes; node++) {
    if (!random.chance(0.6)) continue;
    faults.push(
      ...sequence(random, trafficMs, () => {
        const kind = random.weighted(NODE_FAULTS);
        if (kind !== 'delay') return { kind, node };
        return {
          kind,
          node,
          delayMs: random.chance(0.5) ? random.int(5, 60) : random.int(60, 1_500),
        };
      }),
    );
  }
  if (random.chance(0.3)) {
    faults.push(...sequence(random, trafficMs, () => ({ kind: random.weighted(REDIS_FAULTS) })));
  }
  return faults.sort((a, b) => a.atMs - b.atMs);
}

function sequence(random: SeededRandom, trafficMs: number, next: () => Fault): PlannedFault[] {
  const faults: PlannedFault[] = [];
  for (let atMs = random.int(100, 1_500); ; atMs += random.int(100, 3_000)) {
    const fault = next();
    const wanted = random.chance(0.5) ? random.int(200, 1_000) : random.int(1_000, 6_000);
    const lastsMs = fault.kind === 'half-close' ? 0 : Math.min(wanted, trafficMs - atMs);
    if (lastsMs < 100 && fault.kind !== 'half-close') return faults;
    if (atMs >= trafficMs) return faults;
    faults.push({ atMs, lastsMs, fault });
    atMs += lastsMs;
  }
}
