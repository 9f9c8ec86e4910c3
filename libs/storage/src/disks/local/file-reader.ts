import type { Stats } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { contentTypeOf, SNIFFED_BYTES } from '../../content/content-type.js';
import { StorageCorruptError } from '../../errors/disk.errors.js';
import { resolveRange, type ResolvedRange } from '../byte-range.js';
import type { OpenedObject, ReadCall } from '../disk.js';
import { throwIfAborted } from '../throw-if-aborted.js';
import { fromErrno } from './errno.js';
import { toObjectStat } from './file-stat.js';

/** The most bytes that one read gives to a stream. */
const CHUNK_BYTES = 128 * 1_024;
/** The most bytes that one read puts into memory; between reads the call can be given up. */
const PIECE_BYTES = 8 * 1_024 * 1_024;

/** A file that is open for reading: its facts and its data come from one descriptor. */
export class FileReader implements OpenedObject {
  readonly key: string;
  readonly size: number;
  readonly etag: string;
  readonly lastModified: Date;
  readonly range: ResolvedRange | undefined;
  readonly length: number;
  contentType: string | undefined;
  readonly #handle: FileHandle;
  #position: number;
  #left: number;
  #closing: Promise<void> | undefined;

  /** @throws StorageRangeNotSatisfiableError; the handle is then still open */
  constructor(key: string, handle: FileHandle, file: Stats, call: ReadCall) {
    const { size, etag, lastModified } = toObjectStat(key, file);
    this.key = key;
    this.size = size;
    this.etag = etag;
    this.lastModified = lastModified;
    this.range = call.range && resolveRange(call.range, size, key);
    this.length = this.range ? this.range.end - this.range.start + 1 : size;
    this.#handle = handle;
    this.#position = this.range?.start ?? 0;
    this.#left = this.length;
  }

  /** Finds out the MIME type from the first bytes. */
  async sniff(): Promise<void> {
    const head = Buffer.alloc(Math.min(SNIFFED_BYTES, this.size));
    try {
      if (head.length > 0) await this.#handle.read(head, 0, head.length, 0);
    } catch (error) {
      throw fromErrno(error, this.key);
    }
    this.contentType = contentTypeOf(this.key, head);
  }

  async read(): Promise<Uint8Array | undefined> {
    if (this.#left === 0) return undefined;
    const chunk = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, this.#left));
    return chunk.subarray(0, await this.#fill(chunk, 0, chunk.length));
  }

  /** Everything that is left, in one piece. */
  async readAll(call: ReadCall): Promise<Buffer> {
    const data = Buffer.allocUnsafe(this.#left);
    for (let offset = 0; offset < data.length;) {
      throwIfAborted(call.signal);
      offset += await this.#fill(data, offset, Math.min(PIECE_BYTES, data.length - offset));
      call.onProgress?.();
    }
    return data;
  }

  close(): Promise<void> {
    return (this.#closing ??= this.#handle.close());
  }

  async #fill(data: Buffer, offset: number, length: number): Promise<number> {
    try {
      const { bytesRead } = await this.#handle.read(data, offset, length, this.#position);
      if (bytesRead === 0) {
        throw new StorageCorruptError(
          'The object ended early: it was shortened while it was read',
          {
            key: this.key,
          },
        );
      }
      this.#position += bytesRead;
      this.#left -= bytesRead;
      return bytesRead;
    } catch (error) {
      throw fromErrno(error, this.key);
    }
  }
}
