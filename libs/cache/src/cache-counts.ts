/** What a cache counts beside its operations, since it was made. */
export class CacheCounts {
  /** Keys that somebody wanted while they were being loaded already. */
  coalesced = 0;
}
