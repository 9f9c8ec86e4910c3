import type { Clock } from 'nestjs-mainstay/common';
import type { FailureEvidence } from '../monitors/failure-run.js';
import { IncidentRecord, type Incident, type IncidentState } from './incident.js';

/** Incidents that are remembered. */
const CAPACITY = 50;
/** What fails again so soon after it was well, in milliseconds, was not: the incident goes on. */
const RELAPSE_MS = 60_000;

/**
 * The last 50 incidents of all resources, those that go on included. A resource that fails again within a minute of its
 * recovery has one long incident, not many short ones.
 * @example
 * const { incidents } = this.status; // StatusManager
 * incidents.all().at(-1)?.recoveryMs;
 * incidents.mttrMs('database');
 */
export class IncidentLog {
  readonly #clock: Clock;
  readonly #records: IncidentRecord[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The incidents, in the order in which they began. */
  all(): readonly Incident[] {
    return this.#records.map((record) => record.describe(this.#clock));
  }

  /**
   * The mean time to recovery of the incidents that have ended, in milliseconds; `undefined` when none has.
   * @param resource of this one alone; @default all
   */
  mttrMs(resource?: string): number | undefined {
    const times = this.#records.flatMap((record) => {
      const isMeant = resource === undefined || record.resource === resource;
      return isMeant && record.recoveryMs !== undefined ? [record.recoveryMs] : [];
    });
    if (times.length === 0) return undefined;
    return times.reduce((sum, time) => sum + time, 0) / times.length;
  }

  /** A resource is not up any more. @internal */
  begin(
    resource: string,
    state: IncidentState,
    reason: string,
    evidence: FailureEvidence,
  ): IncidentRecord {
    const last = this.#records.findLast((record) => record.resource === resource);
    if (last?.endedAt !== undefined && evidence.since - last.endedAt < RELAPSE_MS) {
      last.reopen();
      last.reach(state);
      last.callsFailed(evidence.calls);
      return last;
    }
    const record = new IncidentRecord(resource, state, reason, evidence);
    this.#makeRoom();
    this.#records.push(record);
    return record;
  }

  /** One that goes on is forgotten only where all of them do. */
  #makeRoom(): void {
    if (this.#records.length < CAPACITY) return;
    const ended = this.#records.findIndex(({ isOpen }) => !isOpen);
    this.#records.splice(Math.max(0, ended), 1);
  }
}
