import type { CallOutcome, NodeCall, Span } from './node-calls.js';
import type { Fault } from './scenario.js';

/** One call and how it ended. */
export interface CallRecord extends Span {
  readonly node: number;
  readonly call: NodeCall;
  readonly outcome: CallOutcome;
  /** When its own factory ran, if it did. */
  readonly factory?: Span | undefined;
}

/** A fault and how long it really lasted: from before its first effect until all is open again. */
export interface FaultRecord extends Span {
  readonly fault: Fault;
}

/** What should not happen in a process at all. */
export interface Incident {
  readonly node: number;
  readonly at: number;
  readonly what: string;
}

/** A time in which a process did nothing; `bench` = the process that carries the network. */
export interface PauseRecord extends Span {
  readonly node: number | 'bench';
}

/** Everything that happened to a fleet in one scenario. */
export interface History {
  readonly nodes: number;
  readonly calls: readonly CallRecord[];
  readonly faults: readonly FaultRecord[];
  readonly pauses: readonly PauseRecord[];
  readonly incidents: readonly Incident[];
}
