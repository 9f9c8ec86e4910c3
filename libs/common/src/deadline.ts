import type { Clock } from './clock.js';

/** What bounds a piece of work, see {@link withDeadline}. */
export interface DeadlineOptions {
  /** The time that the work may take, in milliseconds. */
  readonly timeoutMs: number;
  /** Aborts the work early; the result then rejects with its reason. */
  readonly signal?: AbortSignal | undefined;
  /** `true`: nobody waits, and the timer keeps no process alive. @default false */
  readonly background?: boolean | undefined;
  /** Makes the error for work that did not end in time. */
  readonly onTimeout: () => Error;
}

/**
 * Runs `work` with a deadline. The result settles at the deadline even when the work ignores its signal; what the work
 * does afterwards is ignored, its late rejection included. The timer is ref'd, unless nobody waits for it.
 * @throws the error of `onTimeout`, the reason of `signal`, or whatever the work throws
 */
export function withDeadline<T>(
  clock: Clock,
  options: DeadlineOptions,
  work: (signal: AbortSignal) => Promise<T> | T,
): Promise<T> {
  const { signal: outer } = options;
  return new Promise<T>((resolve, reject) => {
    if (outer?.aborted) {
      reject(outer.reason as Error);
      return;
    }
    const controller = new AbortController();
    const fail = (error: Error): void => {
      release();
      reject(error);
      controller.abort(error);
    };
    const onAbort = (): void => fail(outer?.reason as Error);
    const { timeoutMs, background = false } = options;
    const timer = clock.schedule(() => fail(options.onTimeout()), timeoutMs, { background });
    const release = (): void => {
      timer.cancel();
      outer?.removeEventListener('abort', onAbort);
    };
    outer?.addEventListener('abort', onAbort, { once: true });
    void (async () => work(controller.signal))().then(
      (value) => {
        release();
        resolve(value);
      },
      (error: unknown) => {
        release();
        reject(error);
      },
    );
  });
}
