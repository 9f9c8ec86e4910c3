/** The try that a stage may strike. */
export interface ChaosCall {
  readonly resource: string;
  readonly operation: string;
  /** What the operation was called with. */
  readonly arg: unknown;
  /** 1 for the first try, 2 for the first retry, … */
  readonly tryNumber: number;
}

/**
 * What happens to the tries that a stage strikes, and which tries those are. At least one of `latencyMs`, `fault` and
 * `result`; the latency comes first. Modelled on the chaos strategies of Polly v8.
 */
export interface ChaosStage {
  /** The resource whose tries it strikes. @default every resource */
  readonly resource?: string;
  /** The operation whose tries it strikes. @default every operation */
  readonly operation?: string;
  /** How long a try waits before anything else, in milliseconds. A try that is given up does not wait on. */
  readonly latencyMs?: number;
  /** What a try fails with, in place of the work; a function is called for each. */
  readonly fault?: unknown;
  /** What a try gives, in place of the work; a function is called for each, with the operation's argument. */
  readonly result?: unknown;
  /** Only such tries. A predicate that throws says no, and is reported. @default all */
  readonly when?: (call: ChaosCall) => boolean;
  /** The share of such tries, in [0, 1], at random. @default 1 */
  readonly rate?: number;
  /** How many of them it lets pass before it strikes. @default 0 */
  readonly after?: number;
  /** How many it strikes; then it is over. @default Infinity */
  readonly times?: number;
}
