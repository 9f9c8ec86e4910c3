/** What the calls of a resource have come to since the start. */
export interface TrafficTotals {
  /** Calls that ended with an answer or an error: not those that were rejected or cancelled. */
  readonly answered: number;
  /** Calls that failed with an error that detection does not know. */
  readonly unknown: number;
  /** Calls that a fallback answered. */
  readonly fallbacks: number;
  /** Calls that the dependency itself answered, if with a no. */
  readonly own: number;
}

/** The totals of a resource from those of its operations. */
export function addTotals(all: Iterable<TrafficTotals>): TrafficTotals {
  const sum = { answered: 0, unknown: 0, fallbacks: 0, own: 0 };
  for (const { answered, unknown, fallbacks, own } of all) {
    sum.answered += answered;
    sum.unknown += unknown;
    sum.fallbacks += fallbacks;
    sum.own += own;
  }
  return sum;
}
