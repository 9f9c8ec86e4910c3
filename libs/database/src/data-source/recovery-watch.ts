import { withDeadline, type Clock } from 'nestjs-mainstay/common';
import type { CircuitBreaker } from 'nestjs-mainstay/resilience';
import type { ProbeResult } from 'nestjs-mainstay/resource';

/** The wait between two looks is random between these, in milliseconds. */
const MIN_WAIT_MS = 50;
const MAX_WAIT_MS = 250;
/** Time for one look, in milliseconds: one that began before the database came back must not keep the next waiting. */
const PROBE_TIMEOUT_MS = 600;

/** What a {@link RecoveryWatch} works with. */
export interface RecoveryWatchParts {
  readonly clock: Clock;
  /** `undefined` where the breaker is switched off. */
  readonly breaker: CircuitBreaker | undefined;
  /** Round trips apart from everybody's. */
  readonly probe: (signal: AbortSignal) => Promise<ProbeResult>;
}

/**
 * Looks, while the breaker is open, whether the database is back, and closes it then: within a second of the recovery
 * calls are let through, however long the breaker would have stayed open.
 */
export class RecoveryWatch {
  readonly #parts: RecoveryWatchParts;
  #stop: AbortController | undefined;
  #unsubscribe: (() => void) | undefined;
  #isLooking = false;

  constructor(parts: RecoveryWatchParts) {
    this.#parts = parts;
  }

  /** Begins to watch the breaker. */
  start(): void {
    this.stop();
    this.#stop = new AbortController();
    this.#unsubscribe = this.#parts.breaker?.subscribe(({ to }) => {
      if (to === 'open') this.#look();
    });
  }

  /** Ends it; a look that is in progress is cut. */
  stop(): void {
    this.#unsubscribe?.();
    this.#stop?.abort(new Error('The database is closed.'));
  }

  #look(): void {
    const { signal } = this.#stop ?? {};
    if (!signal || this.#isLooking) return;
    this.#isLooking = true;
    void this.#untilRecovered(signal).finally(() => (this.#isLooking = false));
  }

  /** Never rejects. */
  async #untilRecovered(signal: AbortSignal): Promise<void> {
    const { clock, breaker } = this.#parts;
    while (breaker?.state === 'open' || breaker?.state === 'half-open') {
      const waitMs = MIN_WAIT_MS + clock.random() * (MAX_WAIT_MS - MIN_WAIT_MS);
      try {
        await clock.sleep(waitMs, signal, { background: true });
      } catch {
        return;
      }
      if (await this.#isBack(signal)) breaker.recordProbe(true);
    }
  }

  async #isBack(signal: AbortSignal): Promise<boolean> {
    const { clock, probe } = this.#parts;
    const onTimeout = (): Error => new Error('The database did not answer in time.');
    const deadline = { timeoutMs: PROBE_TIMEOUT_MS, signal, onTimeout };
    try {
      const { capabilities } = await withDeadline(clock, deadline, probe);
      return capabilities.read === true && capabilities.write === true;
    } catch {
      // Still away: that is what is waited for to end.
      return false;
    }
  }
}
