/** `isolated`: held open by an operator; `metrics-only`: lets everything through and only counts; both until `reset()`. */
export type CircuitState = 'closed' | 'open' | 'half-open' | 'isolated' | 'metrics-only';

/** Why a breaker changed its state. */
export type CircuitReason =
  | 'failure-ratio'
  | 'consecutive-failures'
  | 'connection-refused'
  | 'slow-calls'
  | 'half-open-failure'
  | 'half-open-success'
  | 'open-time-over'
  | 'probe'
  | 'isolated'
  | 'metrics-only'
  | 'reset';

/** A change of a breaker's state. */
export interface CircuitTransition {
  readonly resource: string;
  readonly from: CircuitState;
  readonly to: CircuitState;
  readonly reason: CircuitReason;
  /** Time of the clock. */
  readonly at: number;
  /** Why an operator isolated the resource. */
  readonly note?: string;
  /** For a breaker that closes after an outage: from the first failure of the streak that opened it, in milliseconds. */
  readonly recoveryMs?: number;
}

/** How a breaker is. */
export interface CircuitStatus {
  readonly state: CircuitState;
  /** Why it is in this state; `undefined` while it never changed. */
  readonly reason: CircuitReason | undefined;
  /** Why an operator isolated the resource. */
  readonly note: string | undefined;
  /** Since when, as a time of the clock. */
  readonly since: number;
  /** How long the last outage took, from its first failure until the breaker closed, in milliseconds. */
  readonly lastRecoveryMs: number | undefined;
}
