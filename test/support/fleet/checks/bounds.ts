/** What the cache promises, in milliseconds. */
export const bounds = {
  /** What was invalidated is not served as fresh later than this by a node that reaches the shared tier. */
  stale: 3_000,
  /** After its way is open again a node reaches the shared tier within this: it tries every second. */
  reconnect: 1_000,
  /** From then on, what it could not tell before is known to others within this. */
  replay: 1_000,
  /** After its way is open again and it has reconnected, everybody agrees within this. */
  agree: 5_000,
  /** How long an isolated node serves what it knew before. */
  isolation: 30_000,
  /** No call takes longer than this and the factory that it waits for. */
  call: 500,
  /** Calls of different nodes nearer than this may be ordered either way, where one was not acknowledged. */
  clocks: 1_000,
} as const;

/** What a machine may add to any of them. */
export const MARGIN_MS = 300;

/** A process that did nothing for as long as this may have lost its connection: it counts as a fault. */
export const DISTURBING_PAUSE_MS = 250;
