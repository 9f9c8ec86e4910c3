/** Where a read found its value: in the memory of the process, in the shared tier, or in a copy that stands in for it. */
export const HIT_TIERS = ['l1', 'l2', 'stale'] as const;

export type HitTier = (typeof HIT_TIERS)[number];

/** What a cache counts beside its operations, since it was made. */
export class CacheCounts {
  /** Values that reads found. */
  readonly hits: Record<HitTier, number> = { l1: 0, l2: 0, stale: 0 };
  /** Keys that somebody wanted while they were being loaded already. */
  coalesced = 0;
}
