import { setTimeout as sleep } from 'node:timers/promises';

/** When something was away, as wall times in milliseconds. */
export interface ObservedOutage {
  /** When the first request that failed began. */
  readonly from: number;
  /** When the first success was answered after which nothing failed any more. */
  readonly to: number;
}

const PAUSE_MS = 100;
/** A request that takes so long counts as failed. */
const GIVE_UP_MS = 30_000;

/** A user who asks for the same thing again and again, one request at a time, until it is stopped. */
export class Observer {
  readonly #url: string;
  readonly #loop: Promise<void>;
  #from: number | undefined;
  #to: number | undefined;
  #isOver = false;

  constructor(url: string) {
    this.#url = url;
    this.#loop = this.#ask();
  }

  /** What was met so far; `undefined` when every request was answered with 200, or when none is again. */
  get outage(): ObservedOutage | undefined {
    if (this.#from === undefined || this.#to === undefined) return undefined;
    return { from: this.#from, to: this.#to };
  }

  /** Whether a request failed, now or before. */
  get hasSeenFailures(): boolean {
    return this.#from !== undefined;
  }

  /** Begins no more requests, and waits for the one under way. */
  async stop(): Promise<void> {
    this.#isOver = true;
    await this.#loop;
  }

  async #ask(): Promise<void> {
    while (!this.#isOver) {
      const startedAt = Date.now();
      const signal = AbortSignal.timeout(GIVE_UP_MS);
      const response = await fetch(this.#url, { signal }).catch(() => undefined);
      await response?.arrayBuffer();
      if (response?.status !== 200) {
        this.#from ??= startedAt;
        this.#to = undefined;
      } else if (this.#from !== undefined) this.#to ??= Date.now();
      await sleep(PAUSE_MS);
    }
  }
}
