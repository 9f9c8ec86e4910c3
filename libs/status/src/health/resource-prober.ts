import { withDeadline, type Clock, type Timer } from 'nestjs-mainstay/common';
import { ErrorDetector } from 'nestjs-mainstay/resilience';
import type { ProbeResult, Resource } from 'nestjs-mainstay/resource';
import type { FailureEvidence } from '../monitors/failure-run.js';
import { ProbeTimeoutError } from '../status.errors.js';
import { reportFailure, reportResult, type ProbeReport } from './probe-report.js';
import { ReachabilityTracker, THRESHOLDS, type Reachability } from './reachability.js';

/** The pace of probes. */
export interface ProbeOptions {
  /** Time between two probes, in milliseconds; each wait is varied by ± 10 %. */
  readonly intervalMs: number;
  /** Time for one probe, in milliseconds. */
  readonly timeoutMs: number;
}

/** Intervals after which what is known counts as stale, and a probe that never ends as lost. */
export const STALE_INTERVALS = 3;
/** Time until the next probe while a changed result is not believed yet, in milliseconds. */
const FOLLOW_UP_MS = 500;
const JITTER = 0.1;

/** A probe that has ended. */
export interface EndedProbe {
  /** Time of the clock. */
  readonly startedAt: number;
  readonly durationMs: number;
  readonly report: ProbeReport;
}

/** Probes one resource in the background, one probe at a time. */
export class ResourceProber {
  readonly #resource: Resource;
  readonly #clock: Clock;
  readonly #options: ProbeOptions;
  readonly #onResult: (probe: EndedProbe) => void;
  readonly #detector = new ErrorDetector();
  readonly #tracker = new ReachabilityTracker(THRESHOLDS);
  #timer: Timer | undefined;
  #stop: AbortController | undefined;
  #runningSince: number | undefined;
  #lastReport: ProbeReport | undefined;
  #heardAt = 0;
  /** When the last probe began, and when the next one will, as times of the clock. */
  #askedAt = 0;
  #dueAt = 0;
  #failing: FailureEvidence | undefined;

  constructor(
    resource: Resource,
    clock: Clock,
    options: ProbeOptions,
    onResult: (probe: EndedProbe) => void,
  ) {
    this.#resource = resource;
    this.#clock = clock;
    this.#options = options;
    this.#onResult = onResult;
  }

  /** Begins to probe; the initialisation, which has just passed, counts as the first good result. */
  start(): void {
    if (this.#stop) return;
    this.#stop = new AbortController();
    this.#tracker.reset('reachable');
    this.#lastReport = undefined;
    this.#failing = undefined;
    this.#heardAt = this.#clock.now();
    this.#scheduleNext();
  }

  /** Ends probing; a probe that is running is aborted. */
  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#stop?.abort(new Error(`Probing of ${this.#resource.name} ended.`));
    this.#stop = undefined;
  }

  /** Something has shown that the next probe has news: it comes at once, at most one every 500 ms. */
  hasten(): void {
    if (!this.#timer) return;
    const waitMs = Math.max(0, this.#askedAt + FOLLOW_UP_MS - this.#clock.now());
    if (this.#clock.now() + waitMs >= this.#dueAt) return;
    this.#timer.cancel();
    this.#schedule(waitMs);
  }

  /** What is believed of the resource. */
  get reachability(): Reachability {
    return this.#tracker.confirmed;
  }

  /** The last probe's report; `undefined` before the first. */
  get lastReport(): ProbeReport | undefined {
    return this.#lastReport;
  }

  /** How old the last result is, in milliseconds. */
  get ageMs(): number {
    return this.#clock.now() - this.#heardAt;
  }

  /** Whether what is known is too old to be believed. */
  get isStale(): boolean {
    return this.ageMs > STALE_INTERVALS * this.#options.intervalMs;
  }

  /** The failures of probes that nothing has interrupted; `undefined` while they succeed. */
  get failing(): FailureEvidence | undefined {
    return this.#failing;
  }

  #scheduleNext(): void {
    const jitter = 1 + JITTER * (2 * this.#clock.random() - 1);
    const delayMs = this.#tracker.isSettled
      ? this.#options.intervalMs * jitter
      : Math.min(FOLLOW_UP_MS, this.#options.intervalMs);
    this.#schedule(delayMs);
  }

  #schedule(delayMs: number): void {
    this.#dueAt = this.#clock.now() + delayMs;
    this.#timer = this.#clock.schedule(() => void this.#probe(), delayMs, { background: true });
  }

  async #probe(): Promise<void> {
    const { signal } = this.#stop ?? {};
    if (!signal) return;
    const startedAt = this.#clock.now();
    this.#timer = undefined;
    this.#askedAt = startedAt;
    const report = await this.#ask(signal);
    if (signal.aborted) return;
    this.#heardAt = this.#clock.now();
    this.#lastReport = report;
    this.#tracker.observe(report.reachability);
    this.#noteFailure(startedAt, report);
    this.#onResult({ startedAt, durationMs: this.#heardAt - startedAt, report });
    this.#scheduleNext();
  }

  #noteFailure(since: number, { reachability, error }: ProbeReport): void {
    if (reachability !== 'reachable') {
      this.#failing ??= { since, ...(error && { error }), calls: 0 };
    } else if (this.#tracker.isSettled) this.#failing = undefined;
  }

  /** Never throws. */
  async #ask(signal: AbortSignal): Promise<ProbeReport> {
    const { timeoutMs } = this.#options;
    const onTimeout = (): Error => new ProbeTimeoutError(this.#resource.name, timeoutMs);
    try {
      // One probe at a time, also when the last one ignores its deadline: that is a failure by itself.
      if (this.#isStillRunning()) throw onTimeout();
      return reportResult(
        await withDeadline(this.#clock, { timeoutMs, signal, onTimeout }, (inner) =>
          this.#run(inner),
        ),
      );
    } catch (error) {
      return reportFailure(error, this.#detector.detect(error));
    }
  }

  async #run(signal: AbortSignal): Promise<ProbeResult> {
    const startedAt = this.#clock.now();
    this.#runningSince = startedAt;
    try {
      return await this.#resource.probe(signal);
    } finally {
      if (this.#runningSince === startedAt) this.#runningSince = undefined;
    }
  }

  #isStillRunning(): boolean {
    const since = this.#runningSince;
    const lostAfterMs = STALE_INTERVALS * this.#options.intervalMs;
    return since !== undefined && this.#clock.now() - since < lostAfterMs;
  }
}
