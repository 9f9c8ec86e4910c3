import { formatDuration, type Clock } from 'nestjs-mainstay/common';
import { StorageSourceError } from '../errors/caller.errors.js';
import { StorageTimeoutError } from '../errors/disk.errors.js';
import { ProgressWatch, type Turn } from './progress-watch.js';
import { STALL_MS } from './stall-limit.js';

/** What watched work tells and is told. */
export interface Watched {
  /** Aborts when the caller gives up, or the work stands still. */
  readonly signal: AbortSignal;
  /** The work got on. @param turn who is to move next */
  readonly moved: (turn: Turn) => void;
}

/**
 * Runs work that may take any time as long as it gets on. The result settles when it stands still or the caller gives
 * up, even if the work ignores its signal; what the work does afterwards is ignored. Work may also throw at once.
 * @throws StorageTimeoutError when the disk stands still, {@link StorageSourceError} when the other end does
 */
export function watched<R>(
  clock: Clock,
  outer: AbortSignal,
  work: (watched: Watched) => Promise<R>,
): Promise<R> {
  return new Promise<R>((resolve, reject) => {
    const controller = new AbortController();
    const giveUp = (error: Error): void => {
      release();
      reject(error);
      controller.abort(error);
    };
    const onAbort = (): void => giveUp(outer.reason as Error);
    const watch = new ProgressWatch(clock, STALL_MS, (turn) => giveUp(stallError(turn)));
    const release = (): void => {
      watch.stop();
      outer.removeEventListener('abort', onAbort);
    };
    outer.addEventListener('abort', onAbort, { once: true });
    watch.start('disk', true);
    const moved = (turn: Turn): void => watch.moved(turn);
    const run = async (): Promise<R> => work({ signal: controller.signal, moved });
    run().finally(release).then(resolve, reject);
  });
}

function stallError(turn: Turn): Error {
  if (turn === 'disk') return new StorageTimeoutError(STALL_MS);
  return new StorageSourceError(`its source gave nothing for ${formatDuration(STALL_MS)}`);
}
