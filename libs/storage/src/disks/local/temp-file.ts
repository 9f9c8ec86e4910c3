import { createHash, type Hash } from 'node:crypto';
import type { Stats } from 'node:fs';
import { unlink, type FileHandle } from 'node:fs/promises';
import { StorageCorruptError, StorageUnreachableError } from '../../errors/disk.errors.js';
import type { ByteSource, Durability, PutCall } from '../disk.js';
import { throwIfAborted } from '../throw-if-aborted.js';
import type { OpenFolder } from './containment.js';

/** The most bytes of one write; between writes the put can be given up. */
const PIECE_BYTES = 8 * 1_024 * 1_024;
/** After so many bytes they are pushed to the device, so that no single fsync takes minutes. */
const SYNC_EVERY_BYTES = 32 * 1_024 * 1_024;

/** What was written into a temporary file. */
export interface WrittenFile {
  readonly file: Stats;
  readonly sha256: string | undefined;
}

/** A new file beside the objects that becomes one when it is complete. Discard it in any case. */
export class TempFile {
  readonly path: string;
  readonly #handle: FileHandle;
  readonly #folder: OpenFolder;
  #size = 0;
  #closing: Promise<void> | undefined;
  #isThere = true;

  constructor(path: string, handle: FileHandle, folder: OpenFolder) {
    this.path = path;
    this.#handle = handle;
    this.#folder = folder;
  }

  /**
   * Writes everything that the source gives, checks that it is there, and makes it as durable as asked for.
   * @param time gives the file's modification time, in seconds
   */
  async write(
    source: ByteSource,
    call: PutCall,
    durability: Durability,
    time: () => number,
  ): Promise<WrittenFile> {
    const hash = call.sha256 ? createHash('sha256') : undefined;
    await this.#writeChunks(source, call, hash, durability !== 'none');
    throwIfAborted(call.signal);
    const modifiedAt = time();
    await this.#handle.utimes(modifiedAt, modifiedAt);
    const [file] = await Promise.all([
      this.#handle.stat(),
      durability === 'none' ? undefined : this.#handle.sync(),
    ]);
    call.onProgress?.();
    if (file.size !== this.#size) {
      throw new StorageCorruptError(`Of ${this.#size} bytes written ${file.size} are there`);
    }
    return { file, sha256: hash?.digest('hex') };
  }

  /** Ends the writing. To be awaited before the file is published: a network file system may be full only here. */
  close(): Promise<void> {
    return (this.#closing ??= this.#handle.close());
  }

  /** The file was renamed: nothing is left to be removed. */
  renamed(): void {
    this.#isThere = false;
  }

  /** Closes and removes the file, as far as that was not done. */
  async discard(): Promise<void> {
    try {
      // Also a file whose closing fails is removed: on a full disk it would take what space is left.
      await this.close().catch(() => undefined);
      if (this.#isThere) await unlink(this.path);
    } catch {
      // The put has its own outcome, which this must not hide; what stays is swept when this process is gone.
    } finally {
      this.#folder.close();
    }
  }

  async #writeChunks(
    source: ByteSource,
    call: PutCall,
    hash: Hash | undefined,
    isDurable: boolean,
  ): Promise<void> {
    let unsynced = 0;
    for await (const chunk of source) {
      hash?.update(chunk);
      for (let offset = 0; offset < chunk.byteLength;) {
        throwIfAborted(call.signal);
        const written = await this.#writePiece(chunk, offset);
        offset += written;
        unsynced += written;
        if (isDurable && unsynced >= SYNC_EVERY_BYTES) {
          await this.#handle.datasync();
          unsynced = 0;
        }
        call.onProgress?.();
      }
    }
  }

  /** A write may take fewer bytes than it was given. */
  async #writePiece(chunk: Uint8Array, offset: number): Promise<number> {
    const length = Math.min(chunk.byteLength - offset, PIECE_BYTES);
    const { bytesWritten } = await this.#handle.write(chunk, offset, length, this.#size);
    if (bytesWritten === 0) throw new StorageUnreachableError();
    this.#size += bytesWritten;
    return bytesWritten;
  }
}
