import { createHook } from 'node:async_hooks';
import { readdirSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { SystemClock } from 'nestjs-mainstay/common';
import type { Patience } from './patience.js';

const clock = new SystemClock();

/** What a process holds that an application might forget to give back. */
export interface Held {
  /** Listeners of `process`. */
  readonly listeners: number;
  /** Open descriptors; 0 where the system does not show them (elsewhere than on Linux). */
  readonly descriptors: number;
  /** Timers that were made since counting began, those that keep no process alive included. */
  readonly timers: number;
}

/** Counts what the process holds. */
export class HeldResources {
  readonly #patience: Patience;
  readonly #collectGarbage = garbageCollector();
  readonly #timers = new Set<number>();
  readonly #hook = createHook({
    init: (id, type) => {
      if (type === 'Timeout') this.#timers.add(id);
    },
    destroy: (id) => {
      this.#timers.delete(id);
    },
  }).enable();

  constructor(patience: Patience) {
    this.#patience = patience;
  }

  stop(): void {
    this.#hook.disable();
  }

  /** What is held now. Timers that ended in this turn of the event loop are no longer counted. */
  async measure(): Promise<Held> {
    await clock.yield();
    await clock.yield();
    const events = process.eventNames();
    return {
      listeners: events.reduce((total, event) => total + process.listenerCount(event), 0),
      descriptors: process.platform === 'linux' ? readdirSync('/proc/self/fd').length : 0,
      timers: this.#timers.size,
    };
  }

  /** Waits until no more is held than before. @throws with `problem` and the numbers when it stays more */
  async fallTo(before: Held, spare: number, problem: string): Promise<void> {
    let now = before;
    await this.#patience.until(
      () => `${problem} Before: ${JSON.stringify(before)}, after: ${JSON.stringify(now)}.`,
      async () => {
        // Some drivers let go of a descriptor only with the object that holds it.
        this.#collectGarbage();
        now = await this.measure();
        const kinds = ['listeners', 'descriptors', 'timers'] as const;
        return kinds.every((kind) => now[kind] <= before[kind] + spare);
      },
    );
  }
}

/** What `node --expose-gc` gives, without the flag. */
function garbageCollector(): () => void {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as () => void;
}
