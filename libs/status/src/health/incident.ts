import type { Clock } from 'nestjs-mainstay/common';
import type { ErrorFacts, FailureEvidence } from '../monitors/failure-run.js';
import type { HealthState } from './health-state.js';

/** How bad an incident became. */
export type IncidentState = Extract<HealthState, 'degraded' | 'down'>;

/** A time in which a resource was not up. */
export interface Incident {
  readonly resource: string;
  /** When the first failed operation began, as wall time in milliseconds. */
  readonly start: number;
  /** When the successes began that lasted, as wall time in milliseconds; absent while the incident goes on. */
  readonly end?: number;
  /** The worst state that was reached. */
  readonly state: IncidentState;
  /** Why the resource was not up, when that was noticed: kind and sanitised message. */
  readonly reason: string;
  /** Kind and type of the first error; absent where no error was seen. */
  readonly error?: ErrorFacts;
  /** Calls that failed or were rejected in it; not those that a fallback answered. */
  readonly operationsFailed: number;
  /** From `start` to `end`, in milliseconds; absent while the incident goes on. */
  readonly recoveryMs?: number;
}

/** An {@link Incident} that is being written. Its times are those of the clock. @internal */
export class IncidentRecord {
  readonly resource: string;
  readonly #reason: string;
  #state: IncidentState;
  #since: number;
  #error: ErrorFacts | undefined;
  #operationsFailed: number;
  #endedAt: number | undefined;

  constructor(resource: string, state: IncidentState, reason: string, evidence: FailureEvidence) {
    this.resource = resource;
    this.#state = state;
    this.#reason = reason;
    this.#since = evidence.since;
    this.#error = evidence.error;
    this.#operationsFailed = evidence.calls;
  }

  get isOpen(): boolean {
    return this.#endedAt === undefined;
  }

  get endedAt(): number | undefined {
    return this.#endedAt;
  }

  /** How long it took; `undefined` while it goes on. */
  get recoveryMs(): number | undefined {
    return this.#endedAt === undefined ? undefined : this.#endedAt - this.#since;
  }

  /** The state is this now; what is less bad than before changes nothing. */
  reach(state: IncidentState): void {
    if (state === 'down') this.#state = state;
  }

  /** One more failure; it may have begun before what was seen first. */
  failed(since: number, { kind, type }: ErrorFacts): void {
    this.#since = Math.min(this.#since, since);
    this.#error ??= { kind, type };
  }

  /** So many more calls failed or were rejected. */
  callsFailed(calls: number): void {
    this.#operationsFailed += calls;
  }

  end(at: number): void {
    this.#endedAt = Math.max(at, this.#since);
  }

  /** It was not over. */
  reopen(): void {
    this.#endedAt = undefined;
  }

  /** What is known of it now. */
  describe(clock: Clock): Incident {
    const toWall = (at: number): number => Math.round(clock.wallTime() - (clock.now() - at));
    const { resource, recoveryMs } = this;
    return {
      resource,
      start: toWall(this.#since),
      ...(this.#endedAt !== undefined && { end: toWall(this.#endedAt) }),
      state: this.#state,
      reason: this.#reason,
      ...(this.#error && { error: this.#error }),
      operationsFailed: this.#operationsFailed,
      ...(recoveryMs !== undefined && { recoveryMs }),
    };
  }
}
