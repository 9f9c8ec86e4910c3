import type { Clock } from 'nestjs-mainstay/common';
import type { Classification } from 'nestjs-mainstay/resilience';
import type { Reachability } from '../health/reachability.js';
import { FailureRun, type ErrorFacts, type FailureEvidence } from './failure-run.js';
import { FallbackUse } from './fallback-use.js';
import { Proofs, type ProofSource } from './proofs.js';
import { addTotals, type TrafficTotals } from './traffic-totals.js';
import { UnknownShare } from './unknown-share.js';

/** A failure that lies back so far, in milliseconds, has passed when the resource works as a whole. */
const PAST_MS = 1_000;

/** Something that counts calls of a resource: its operations. */
export interface TrafficSource extends ProofSource {
  readonly totals: TrafficTotals;
  /** Its failures in a row; `undefined` while there are none. */
  readonly failing: FailureEvidence | undefined;
  /** Its failures say nothing any more, unless there was one since. @param since time of the clock */
  forgetFailures(since: number): void;
}

/** Is told what goes wrong, at once. */
export interface TrafficListener {
  /** The dependency failed. @param since when that try began, as a time of the clock */
  failedTry(since: number, error: ErrorFacts): void;
  /** A call failed, or was rejected. @param since when it began, as a time of the clock */
  failedCall(since: number): void;
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
  readonly #clock: Clock;
  readonly #sources: TrafficSource[] = [];
  readonly #initialization = new FailureRun();
  #listener: TrafficListener | undefined;
  #wellAt = 0;
  #fallbacks: FallbackUse;
  #unknown: UnknownShare;

  constructor(clock: Clock) {
    this.#clock = clock;
    const totals = addTotals([]);
    this.#fallbacks = new FallbackUse(totals);
    this.#unknown = new UnknownShare(totals);
  }

  /** One more operation of the resource. */
  add(source: TrafficSource): void {
    this.#sources.push(source);
  }

  /** What calls prove from now on, for one who looks at it at times of his own. */
  proofs(): Proofs {
    return new Proofs(this.#sources);
  }

  /** From now on `listener` is told what goes wrong. */
  watch(listener: TrafficListener): void {
    this.#listener = listener;
  }

  /**
   * A try failed because of the dependency.
   * @param run the failures that it goes on with
   * @param successes tries of the operation that have succeeded so far
   */
  failedTry(run: FailureRun, durationMs: number, error: Classification, successes: number): void {
    const now = this.#clock.now();
    // Not before the resource was last known to be well. The run first: who is told may ask for it.
    run.failed(Math.max(now - durationMs, this.#wellAt), now, error, successes);
    this.#listener?.failedTry(now - durationMs, error);
  }

  /** A call failed, or was rejected. */
  failedCall(durationMs: number): void {
    this.#listener?.failedCall(this.#clock.now() - durationMs);
  }

  /** A step of the initialisation failed. */
  failedStep(durationMs: number, error: Classification): void {
    this.failedTry(this.#initialization, durationMs, error, 0);
  }

  /** The resource works as a whole: failures that have passed were no outage. @param at time of the clock */
  wellAt(at: number): void {
    this.#wellAt = at;
    this.#initialization.end();
    for (const source of this.#sources) source.forgetFailures(at - PAST_MS);
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
