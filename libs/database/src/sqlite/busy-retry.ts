import type { Clock } from 'nestjs-mainstay/common';
import { isBusy } from './native-sqlite.js';

/** The wait before another try grows from the first to the second of these, in milliseconds. */
const FIRST_DELAY_MS = 1;
const LAST_DELAY_MS = 20;

/** How long {@link retryBusy} tries. */
export interface BusyRetryOptions {
  readonly clock: Clock;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Runs synchronous work again while another process holds the database. SQLite's own busy wait would freeze the event
 * loop for all that time; here it turns between the tries.
 * @throws the last error when the time is over, or the reason of the signal
 */
export async function retryBusy<T>(options: BusyRetryOptions, work: () => T): Promise<T> {
  const { clock } = options;
  let deadline: number | undefined;
  for (let delayMs = FIRST_DELAY_MS; ; delayMs = Math.min(delayMs * 2, LAST_DELAY_MS)) {
    try {
      return work();
    } catch (error) {
      if (!isBusy(error)) throw error;
      deadline ??= clock.now() + options.timeoutMs;
      const jitteredMs = delayMs * (0.5 + clock.random() / 2);
      if (clock.now() + jitteredMs > deadline) throw error;
      await clock.sleep(jitteredMs, options.signal);
    }
  }
}
