import { withDeadline, type Clock, type Timer } from 'nestjs-mainstay/common';
import { ErrorDetector } from 'nestjs-mainstay/resilience';
import type { ProbeResult, Resource } from 'nestjs-mainstay/resource';
import type { FailureEvidence } from '../monitors/failure-run.js';
import { ProbeTimeoutError } from '../status.errors.js';
import { KnownCapabilities } from './known-capabilities.js';
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

/** What a {@link ResourceProber} asks and tells. */
export interface ProbeListener {
  /** A probe ended. */
  onResult(probe: EndedProbe): void;
  /** The capabilities that calls have proved since this was asked last. */
  proved(): ReadonlySet<string>;
  /** Calls have proved everything that the last probe found. @param since all of it after this time of the clock */
  onProved(since: number): void;
}

/** Probes one resource in the background, one probe at a time. */
export class ResourceProber {
  readonly #resource: Resource;
  readonly #clock: Clock;
  readonly #options: ProbeOptions;
  readonly #listener: ProbeListener;
  readonly #detector = new ErrorDetector();
  readonly #known = new KnownCapabilities();
  readonly #tracker = new ReachabilityTracker(THRESHOLDS);
  #timer: Timer | undefined;
  #stop: AbortController | undefined;
  #runningSince: number | undefined;
  #lastReport: ProbeReport | undefined;
  #heardAt = 0;
  /** When the last probe began, and when the next one will, as times of the clock. */
  #askedAt = 0;
  #dueAt = 0;
  #suspectedAt = -Infinity;
  /** The interval, varied. */
  #waitMs = 0;
  #failing: FailureEvidence | undefined;

  constructor(resource: Resource, clock: Clock, options: ProbeOptions, listener: ProbeListener) {
    this.#resource = resource;
    this.#clock = clock;
    this.#options = options;
    this.#listener = listener;
  }

  /** Begins to probe; the initialisation, which has just passed, counts as the first good result. */
  start(): void {
    if (this.#stop) return;
    this.#stop = new AbortController();
    this.#tracker.reset('reachable');
    this.#lastReport = undefined;
    this.#failing = undefined;
    this.#heardAt = this.#clock.now();
    this.#known.forget();
    this.#look();
    this.#scheduleNext();
  }

  /** Ends probing; a probe that is running is aborted. */
  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#stop?.abort(new Error(`Probing of ${this.#resource.name} ended.`));
    this.#stop = undefined;
  }

  /** Calls fail: hastens the next probe, once an interval, since some may fail for hours while probes succeed. */
  suspect(): void {
    const now = this.#clock.now();
    if (now - this.#suspectedAt < this.#options.intervalMs) return;
    this.#suspectedAt = now;
    this.hasten();
  }

  /** Something has shown that the next probe has news: it comes at once, at most one every 500 ms. */
  hasten(): void {
    if (!this.#timer) return;
    const soonest = Math.max(this.#clock.now(), this.#askedAt + FOLLOW_UP_MS);
    if (soonest >= this.#dueAt) return;
    this.#timer.cancel();
    this.#dueAt = soonest;
    this.#wait();
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

  /** From the beginning of one follow-up to that of the next: what hangs would otherwise be found late. */
  #scheduleNext(): void {
    const { intervalMs } = this.#options;
    if (this.#tracker.isSettled) {
      this.#waitMs = intervalMs * (1 + JITTER * (2 * this.#clock.random() - 1));
      this.#dueAt = this.#heardAt + this.#waitMs;
    } else this.#dueAt = this.#askedAt + Math.min(FOLLOW_UP_MS, intervalMs);
    this.#wait();
  }

  /** Looks at what calls prove twice an interval, so that a probe comes within one of what they proved last. */
  #wait(): void {
    const lookMs = this.#options.intervalMs / 2;
    const delayMs = Math.min(lookMs, this.#dueAt - this.#clock.now());
    this.#timer = this.#clock.schedule(() => this.#onTimer(), delayMs, { background: true });
  }

  #onTimer(): void {
    this.#timer = undefined;
    this.#look();
    if (this.#dueAt > this.#clock.now()) this.#wait();
    else void this.#probe();
  }

  /** Calls that prove everything that the last probe found take the place of the next. */
  #look(): void {
    const before = this.#known.oldest;
    this.#known.look(this.#listener.proved(), this.#clock.now());
    const { oldest } = this.#known;
    if (oldest === undefined || oldest === before) return;
    this.#heardAt = oldest;
    this.#dueAt = oldest + this.#waitMs;
    this.#listener.onProved(oldest);
  }

  async #probe(): Promise<void> {
    const { signal } = this.#stop ?? {};
    if (!signal) return;
    const startedAt = this.#clock.now();
    this.#askedAt = startedAt;
    const report = await this.#ask(signal);
    if (signal.aborted) return;
    this.#heardAt = this.#clock.now();
    this.#lastReport = report;
    this.#tracker.observe(report.reachability);
    this.#note(startedAt, report);
    this.#listener.onResult({ startedAt, durationMs: this.#heardAt - startedAt, report });
    this.#scheduleNext();
  }

  #note(since: number, { reachability, error, capabilities = {} }: ProbeReport): void {
    const isWell = this.#tracker.isSettled && reachability === 'reachable';
    if (isWell) this.#known.confirm(Object.keys(capabilities), this.#heardAt);
    else this.#known.forget();
    if (isWell) this.#failing = undefined;
    else if (reachability !== 'reachable') {
      this.#failing ??= { since, ...(error && { error }), calls: 0 };
    }
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
