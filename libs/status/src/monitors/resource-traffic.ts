import type { Clock } from 'nestjs-mainstay/common';
import type { Classification } from 'nestjs-mainstay/resilience';
import type { Reachability } from '../health/reachability.js';
import { FailureRun, type ErrorFacts, type FailureEvidence } from './failure-run.js';
import { FallbackUse } from './fallback-use.js';
import { Proofs, type ProofSource } from './proofs.js';
import { addTotals, type TrafficTotals } from './traffic-totals.js';
import { UnknownShare } from './unknown-share.js';

/** Something that counts calls of a resource: its operations. */
export interface TrafficSource extends ProofSource {
  readonly totals: TrafficTotals;
  /** Its failures in a row; `undefined` while there are none. */
  readonly failing: FailureEvidence | undefined;
  /** Its failures so far say nothing any more. */
  forgetFailures(): void;
}

/** Is told what goes wrong, at once. */
export interface TrafficListener {
  /** The dependency failed. @param since when that try began, as a time of the clock */
  failedTry(since: number, error: ErrorFacts): void;
  /** A call failed, or was rejected. */
  failedCall(): void;
}

/** What the calls of a resource say of its health, and why it is not `reachable`. */
export type TrafficReport =
  | { readonly reachability: 'reachable' }
  | { readonly reachability: Exclude<Reachability, 'reachable'>; readonly reason: string };

/**
 * Judges the health of a resource by its real traffic: whether fallbacks do its work, and whether its calls meet errors
 * that nobody foresaw. Samples totals that are counted anyway: a call that succeeds does not pay for it.
 */
export class ResourceTraffic {
  /** Which capabilities calls have proved. */
  readonly proofs: Proofs;
  readonly #clock: Clock;
  readonly #sources: TrafficSource[] = [];
  readonly #initialization = new FailureRun();
  #listener: TrafficListener | undefined;
  #wellAt = 0;
  #fallbacks: FallbackUse;
  #unknown: UnknownShare;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.proofs = new Proofs(this.#sources);
    const totals = addTotals([]);
    this.#fallbacks = new FallbackUse(totals);
    this.#unknown = new UnknownShare(totals);
  }

  /** One more operation of the resource. */
  add(source: TrafficSource): void {
    this.#sources.push(source);
  }

  /** From now on `listener` is told what goes wrong. */
  watch(listener: TrafficListener): void {
    this.#listener = listener;
  }

  /**
   * A try failed because of the dependency.
   * @returns when the failure began, as a time of the clock: not before the resource was last known to be well
   */
  failedTry(durationMs: number, error: Classification): number {
    const since = this.#clock.now() - durationMs;
    this.#listener?.failedTry(since, error);
    return Math.max(since, this.#wellAt);
  }

  /** A call failed, or was rejected. */
  failedCall(): void {
    this.#listener?.failedCall();
  }

  /** A step of the initialisation failed. */
  failedStep(durationMs: number, error: Classification): void {
    this.#initialization.failed(this.failedTry(durationMs, error), error, 0);
  }

  /** The resource works as a whole: failures before were no outage. @param at time of the clock */
  wellAt(at: number): void {
    this.#wellAt = at;
    this.#initialization.end();
    for (const source of this.#sources) source.forgetFailures();
  }

  /** The failures that nothing has interrupted, of all operations and of the initialisation. */
  get failing(): FailureEvidence | undefined {
    const runs = [this.#initialization.evidence(0), ...this.#sources.map(({ failing }) => failing)];
    return runs.reduce(
      (first, run) => (first && run ? join(first, run) : (first ?? run)),
      undefined,
    );
  }

  /** Looks at what was counted since the last time; called every 5 s. */
  sample(): void {
    const totals = this.#totals();
    this.#fallbacks.sample(totals);
    this.#unknown.sample(totals);
  }

  /** Begins anew: what the calls met in an outage that is over says nothing about the time after it. */
  forget(): void {
    const totals = this.#totals();
    this.#fallbacks = new FallbackUse(totals);
    this.#unknown = new UnknownShare(totals);
  }

  /** What is believed as of the last sample. */
  get report(): TrafficReport {
    const { reachability } = this.#fallbacks;
    const reason = this.#fallbacks.reason ?? this.#unknown.reason;
    if (reason === undefined) return { reachability: 'reachable' };
    return { reachability: reachability === 'reachable' ? 'impaired' : reachability, reason };
  }

  #totals(): TrafficTotals {
    return addTotals(this.#sources.map(({ totals }) => totals));
  }
}

function join(one: FailureEvidence, other: FailureEvidence): FailureEvidence {
  const first = one.since <= other.since ? one : other;
  return { ...first, calls: one.calls + other.calls };
}
