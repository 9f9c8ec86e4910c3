import type { CacheNode } from './cache-node.js';
import type { Fleet } from './fleet.js';
import type { Fault, NodeFaultKind } from './scenario.js';

/** Begins a fault. @returns what ends it */
export async function beginFault(
  fleet: Fleet,
  fault: Fault,
  lastsMs: number,
): Promise<() => Promise<void> | void> {
  const { redis } = fleet;
  switch (fault.kind) {
    case 'redis-freeze':
      redis.stop();
      return () => redis.resume();
    case 'redis-crash':
      await fleet.crashRedis();
      return () => redis.restart();
    case 'redis-loses-data':
      await fleet.loseData();
      return () => redis.restart();
    case 'freeze': {
      const node = fleet.nodes[fault.node] as CacheNode;
      node.signal('SIGSTOP');
      return () => node.signal('SIGCONT');
    }
    case 'block':
      fleet.nodes[fault.node]?.order({ id: -1, call: { op: 'block', ms: lastsMs } });
      return () => undefined;
    default:
      return beginNetworkFault(fleet, fault as NetworkFault);
  }
}

type NetworkFault = Extract<Fault, { node: number }> & {
  readonly kind: Exclude<NodeFaultKind, 'freeze' | 'block'>;
};

function beginNetworkFault(fleet: Fleet, { kind, node, delayMs = 0 }: NetworkFault) {
  const proxy = fleet.proxies[node];
  if (!proxy) throw new Error(`There is no node ${node}.`);
  switch (kind) {
    case 'cut':
      proxy.cut();
      break;
    case 'black-hole':
      proxy.blackHole();
      break;
    case 'deaf':
      proxy.blackHole('answers');
      break;
    case 'mute':
      proxy.blackHole('requests');
      break;
    case 'half-close':
      proxy.halfClose();
      break;
    case 'delay':
      proxy.delay(delayMs);
      break;
  }
  return () => proxy.heal();
}
