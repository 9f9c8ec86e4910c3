import { StorageSourceError, StorageTooLargeError } from '../errors/caller.errors.js';
import { StorageError } from '../errors/storage.error.js';
import { toBytes, toDataSource, type StorageData } from '../data/storage-data.js';
import { abortError } from '../disks/throw-if-aborted.js';
import type { Watched } from './watched.js';

/** What an incoming transfer keeps to. */
export interface IncomingOptions {
  readonly key: string;
  /** The most bytes that are taken. */
  readonly maxBytes: number | undefined;
  /** Called with the bytes so far, after each piece. */
  readonly onProgress: ((bytes: number) => void) | undefined;
}

/**
 * The data of a put on its way to the disk: converts its pieces, counts them, and sees to it that whatever goes wrong at
 * the source is told from a failure of the disk.
 * @throws {@link StorageTooLargeError} before anything is read, where the size is known; while reading otherwise
 */
export function incoming(
  data: StorageData,
  options: IncomingOptions,
  { signal, moved }: Watched,
): AsyncIterable<Uint8Array> {
  const source = toDataSource(data);
  requireSize(source.length ?? 0, options);
  return {
    async *[Symbol.asyncIterator]() {
      let bytes = 0;
      let isDone = false;
      try {
        for (;;) {
          moved('peer');
          const step = await nextOf(source.chunks, signal, options.key);
          moved('disk');
          if (step.done) break;
          const chunk = toBytes(step.value);
          bytes += chunk.byteLength;
          requireSize(bytes, options);
          if (chunk.byteLength > 0) yield chunk;
          report(bytes, options);
        }
        isDone = true;
      } finally {
        if (!isDone) release(data, source.chunks);
      }
    },
  };
}

function requireSize(bytes: number, { maxBytes, key }: IncomingOptions): void {
  if (maxBytes !== undefined && bytes > maxBytes) throw new StorageTooLargeError(maxBytes, { key });
}

function report(bytes: number, { onProgress, key }: IncomingOptions): void {
  try {
    onProgress?.(bytes);
  } catch (error) {
    throw new StorageSourceError('its onProgress threw', { key, cause: error });
  }
}

/** The next piece, or the end of waiting for it. */
function nextOf(
  chunks: AsyncIterator<unknown> | Iterator<unknown>,
  signal: AbortSignal,
  key: string,
): Promise<IteratorResult<unknown>> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(abortError(signal.reason));
    if (signal.aborted) return onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    const settle = (): void => signal.removeEventListener('abort', onAbort);
    void (async () => chunks.next())()
      .finally(settle)
      .then(resolve, (error: unknown) => {
        reject(asSourceError(error, key));
      });
  });
}

function asSourceError(error: unknown, key: string): Error {
  if (error instanceof StorageError) return error;
  const detail = error instanceof Error ? error.message : String(error);
  return new StorageSourceError(`its source failed: ${detail}`, { key, cause: error });
}

/**
 * Lets go of a source that is not read to its end. Not awaited: one that hangs would hold up the put; nor is its failure
 * of interest, since the put has failed already.
 */
function release(data: StorageData, chunks: AsyncIterator<unknown> | Iterator<unknown>): void {
  if (typeof data === 'object' && 'destroy' in data) data.destroy();
  else void (async () => chunks.return?.())().catch(() => undefined);
}
