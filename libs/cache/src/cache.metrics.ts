import type { ResourceMetric } from 'nestjs-mainstay/resource';
import { HIT_TIERS, type CacheCounts, type HitTier } from './cache-counts.js';
import { EVICTION_REASONS, type EvictionReason, type StoreEngine } from './engines/store-engine.js';

/** The metrics of a cache beside those of its operations. An engine without a shared tier has nothing queued or missed. */
export function cacheMetrics(counts: CacheCounts, engine: StoreEngine): readonly ResourceMetric[] {
  return [
    {
      name: 'mainstay_cache_hits_total',
      type: 'counter',
      help: 'Values that reads found, by where: in the memory of the process (l1), in the tier that instances share (l2), or in a copy that stands in for it or for a factory (stale).',
      label: { name: 'tier', values: HIT_TIERS },
      read: (tier) => counts.hits[tier as HitTier],
    },
    {
      name: 'mainstay_cache_coalesced_total',
      type: 'counter',
      help: 'Keys that were wanted while they were being loaded: these calls waited for that load.',
      read: () => counts.coalesced,
    },
    {
      name: 'mainstay_cache_entries',
      type: 'gauge',
      help: 'Entries in the memory of the process, expired ones included that were not met since.',
      read: () => engine.details().entries,
    },
    {
      name: 'mainstay_cache_evictions_total',
      type: 'counter',
      help: 'Entries in the memory of the process that had to make room, by the bound that was reached.',
      label: { name: 'reason', values: EVICTION_REASONS },
      read: (reason) => engine.evictions[reason as EvictionReason],
    },
    {
      name: 'mainstay_cache_journal_depth',
      type: 'gauge',
      help: 'Writes that the shared tier has not acknowledged; it is told of them as soon as it can be reached.',
      read: () => engine.details().queued ?? 0,
    },
    {
      name: 'mainstay_cache_bus_gaps_total',
      type: 'counter',
      help: 'Times that messages of other instances were missed; copies from before were asked for again.',
      read: () => engine.details().missed ?? 0,
    },
    {
      name: 'mainstay_cache_undecodable_total',
      type: 'counter',
      help: 'Entries of the shared tier that could not be decoded and counted as missing.',
      read: () => engine.details().undecodable ?? 0,
    },
    {
      name: 'mainstay_cache_bus_silence_seconds',
      type: 'gauge',
      unit: 'seconds',
      help: 'Since when the shared tier owes an answer; 0 while it owes none.',
      read: () => (engine.silentMs ?? 0) / 1_000,
    },
  ];
}
