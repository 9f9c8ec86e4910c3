import type { Clock } from 'nestjs-mainstay/common';

/**
 * Settles as `work` does, or rejects when it takes too long; what becomes of it then is ignored. After a long turn of the
 * event loop an answer may have come that nobody has read yet: it still counts.
 */
export function within<T>(
  clock: Clock,
  timeoutMs: number,
  work: PromiseLike<T>,
  onTimeout: () => Error,
): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const giveUp = async (): Promise<void> => {
      await clock.yield();
      reject(onTimeout());
    };
    const timer = clock.schedule(() => void giveUp(), timeoutMs);
    work.then(
      (value) => {
        timer.cancel();
        resolve(value);
      },
      (error: unknown) => {
        timer.cancel();
        reject(error);
      },
    );
  });
}
