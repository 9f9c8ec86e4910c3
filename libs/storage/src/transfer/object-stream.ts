import { Readable } from 'node:stream';
import { formatDuration, type Clock } from 'nestjs-mainstay/common';
import { StorageAbortedError } from '../errors/caller.errors.js';
import { StorageTimeoutError } from '../errors/disk.errors.js';
import type { OpenedObject } from '../disks/disk.js';
import { abortError } from '../disks/throw-if-aborted.js';
import { ProgressWatch, type Turn } from './progress-watch.js';
import { STALL_MS } from './stall-limit.js';

const HIGH_WATER_MARK_BYTES = 128 * 1_024;

/**
 * An object on its way to its reader. Whatever ends it — the end, destroy(), an abort, a reader that takes nothing for
 * 30 s — closes the object.
 */
export class ObjectStream extends Readable {
  /** Settles when the transfer is over. Rejects for a failing disk, and as cancelled when the reader gave up. */
  readonly transfer: Promise<void>;
  readonly #object: OpenedObject;
  readonly #watch: ProgressWatch;
  readonly #signal: AbortSignal | undefined;
  readonly #onAbort = (): void => void this.destroy(abortError(this.#signal?.reason));
  #isComplete = false;
  #settle!: (error: Error | null) => void;

  constructor(object: OpenedObject, clock: Clock, signal: AbortSignal | undefined) {
    super({ highWaterMark: HIGH_WATER_MARK_BYTES });
    this.#object = object;
    this.#signal = signal;
    this.transfer = new Promise((resolve, reject) => {
      this.#settle = (error) => (error ? reject(error) : resolve());
    });
    // The reader gets the error from the stream; whoever records the transfer gets it here as well.
    this.transfer.catch(() => undefined);
    this.#watch = new ProgressWatch(clock, STALL_MS, (turn) => this.destroy(stallError(turn)));
    // A stream that nobody reads fails without harm: an 'error' without a listener would end the process.
    this.on('error', () => undefined);
    this.#watch.start('peer', false);
    signal?.addEventListener('abort', this.#onAbort, { once: true });
  }

  override _read(): void {
    this.#watch.moved('disk');
    this.#object.read().then(
      (chunk) => {
        this.#watch.moved('peer');
        this.#isComplete = chunk === undefined;
        this.push(chunk ?? null);
      },
      (error: unknown) => this.destroy(error as Error),
    );
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#watch.stop();
    this.#signal?.removeEventListener('abort', this.#onAbort);
    const outcome = error ?? (this.#isComplete ? null : givenUp());
    const finish = (failure: Error | null): void => {
      this.#settle(outcome ?? failure);
      callback(error ?? failure);
    };
    this.#object.close().then(
      () => finish(null),
      (failure: unknown) => finish(failure as Error),
    );
  }
}

function stallError(turn: Turn): Error {
  if (turn === 'disk') return new StorageTimeoutError(STALL_MS);
  return new StorageAbortedError(
    `The reader of the stream took nothing for ${formatDuration(STALL_MS)}`,
  );
}

function givenUp(): Error {
  return new StorageAbortedError('The reader of the stream closed it before its end');
}
