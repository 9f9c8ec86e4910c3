import type { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import { StorageInvalidDataError } from '../errors/caller.errors.js';

/** A piece of data; text is stored as UTF-8. */
export type DataChunk = string | ArrayBufferView | ArrayBuffer | SharedArrayBuffer;

/** What can be stored. */
export type StorageData =
  DataChunk | Blob | Readable | ReadableStream<DataChunk> | AsyncIterable<DataChunk>;

/** Data in one form. */
export interface DataSource {
  /** The pieces, not converted yet. */
  readonly chunks: AsyncIterator<unknown> | Iterator<unknown>;
  /** In bytes, where it is known. */
  readonly length: number | undefined;
}

/** Whether data gives its bytes only once, so that a put of it cannot be tried again. */
export function isOneShot(data: StorageData): boolean {
  return !(isChunk(data) || data instanceof Blob);
}

/**
 * Brings data into one form. Nothing is read before the first piece is asked for.
 * @throws {@link StorageInvalidDataError} when it is no data
 */
export function toDataSource(data: StorageData): DataSource {
  if (isChunk(data)) {
    const bytes = toBytes(data);
    return { chunks: [bytes].values(), length: bytes.byteLength };
  }
  if (data instanceof Blob) {
    return { chunks: readWebStream(data.stream()), length: data.size };
  }
  if (typeof data !== 'object' || data === null) throw new StorageInvalidDataError(typeof data);
  if (isNodeStream(data)) requireUnread(data);
  if ('getReader' in data) return { chunks: readWebStream(data), length: undefined };
  if (Symbol.asyncIterator in data) {
    return { chunks: data[Symbol.asyncIterator](), length: undefined };
  }
  throw new StorageInvalidDataError('an object without bytes');
}

/**
 * The bytes of a piece; not copied.
 * @throws {@link StorageInvalidDataError} when it is none
 */
export function toBytes(chunk: unknown): Uint8Array {
  if (chunk instanceof Uint8Array) return chunk;
  if (typeof chunk === 'string') return Buffer.from(chunk);
  if (ArrayBuffer.isView(chunk)) {
    return new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  }
  if (chunk instanceof ArrayBuffer || chunk instanceof SharedArrayBuffer) {
    return new Uint8Array(chunk);
  }
  throw new StorageInvalidDataError(chunk === null ? 'null' : `a piece of type ${typeof chunk}`);
}

/**
 * Sees to it that a Node stream that fails before it is read does not end the process, as an error without a listener
 * does. Whoever reads it gets the error all the same. Call it at once, while nothing was awaited yet.
 */
export function holdEarlyError(data: StorageData): void {
  if (isNodeStream(data)) data.on('error', () => undefined);
}

function isNodeStream(data: StorageData): data is Readable {
  return typeof data === 'object' && data !== null && 'readableEnded' in data;
}

/** A stream that was read to its end would be stored as an empty object. */
function requireUnread(stream: Readable): void {
  if (stream.readableEnded || (stream.destroyed && !stream.errored)) {
    throw new StorageInvalidDataError('a stream that was read or closed before');
  }
}

function isChunk(data: unknown): data is DataChunk {
  return (
    typeof data === 'string' ||
    ArrayBuffer.isView(data) ||
    data instanceof ArrayBuffer ||
    data instanceof SharedArrayBuffer
  );
}

/** Not every implementation of web streams is iterable. */
async function* readWebStream(
  stream: ReadableStream<unknown>,
): AsyncGenerator<unknown, void, undefined> {
  const reader = stream.getReader();
  let isDone = false;
  try {
    for (let step = await reader.read(); !step.done; step = await reader.read()) yield step.value;
    isDone = true;
  } finally {
    if (!isDone) await reader.cancel();
  }
}
