import { LogThrottle, type Clock } from 'nestjs-mainstay/common';
import { GuardedLogger } from 'nestjs-mainstay/resilience';
import type { CacheCodec } from '../values/cache-codec.js';
import { decodeEntry, type SharedTime, type StoredEntry } from './entry-codec.js';

/** What reading entries needs. */
export interface EntryReaderOptions {
  readonly codec: CacheCodec;
  readonly time: SharedTime;
  readonly clock: Clock;
  /** Name of the cache, for the log. */
  readonly cache: string;
}

/**
 * Reads entries of a shared store. What cannot be read was written by something else, or by another codec: it counts as
 * missing, and is told of in the log, at most once a minute after the fifth time.
 */
export class EntryReader {
  readonly #options: EntryReaderOptions;
  readonly #logger = new GuardedLogger('Cache');
  readonly #lines: LogThrottle;
  #undecodable = 0;

  constructor(options: EntryReaderOptions) {
    this.#options = options;
    this.#lines = new LogThrottle(options.clock);
  }

  /** How many entries could not be read. */
  get undecodable(): number {
    return this.#undecodable;
  }

  /** @returns `undefined` for a tombstone, for an entry whose life is over, and for what cannot be read */
  read(text: string): StoredEntry | undefined {
    const { time, clock, codec } = this.#options;
    try {
      return decodeEntry(text, time, clock, codec);
    } catch {
      this.#tell();
      return undefined;
    }
  }

  #tell(): void {
    this.#undecodable++;
    const line = this.#lines.admit('undecodable');
    if (!line) return;
    this.#logger.warn(
      `${this.#options.cache}: an entry of the shared tier cannot be read and counts as missing (${this.#undecodable} so far). Does something else write under its keys, or another codec?`,
    );
  }
}
