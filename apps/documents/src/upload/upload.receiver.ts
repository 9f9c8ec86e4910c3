import type { IncomingMessage } from 'node:http';
import { Inject, Injectable } from '@nestjs/common';
import { Clock } from 'nestjs-mainstay/common';
import type { IncomingFile } from './incoming-file.js';
import { MAX_OVERHEAD_BYTES, MultipartForm } from './multipart-form.js';
import { UPLOAD_OPTIONS, type UploadOptions } from './upload.options.js';
import { UploadTooLargeError } from './upload.errors.js';

/** How long the rest of a refused upload is read, so that its client gets to see the answer. */
const DISCARD_MS = 5_000;

/** Receives a file from a request as a stream, in constant memory. */
@Injectable()
export class UploadReceiver {
  readonly #maxBytes: number;
  readonly #clock: Clock;

  constructor(@Inject(UPLOAD_OPTIONS) options: UploadOptions, clock: Clock) {
    this.#maxBytes = options.maxBytes;
    this.#clock = clock;
  }

  /**
   * Hands the file of a form to `store` while it arrives; the result is what `store` returns.
   * @throws NotMultipartError, MalformedUploadError, UploadBrokenOffError, UploadTooLargeError, or whatever `store`
   * throws when the upload itself was right
   */
  async receive<T>(
    request: IncomingMessage,
    store: (file: IncomingFile) => Promise<T>,
  ): Promise<T> {
    try {
      this.#refuseDeclaredSize(request);
      return await this.#read(new MultipartForm(request, this.#maxBytes), store);
    } finally {
      this.#discardRest(request);
    }
  }

  async #read<T>(form: MultipartForm, store: (file: IncomingFile) => Promise<T>): Promise<T> {
    try {
      return await store(await form.file());
    } catch (error) {
      throw form.failure ?? error;
    } finally {
      form.detach();
    }
  }

  #refuseDeclaredSize(request: IncomingMessage): void {
    const declared = Number(request.headers['content-length'] ?? 0);
    if (declared > this.#maxBytes + MAX_OVERHEAD_BYTES)
      throw new UploadTooLargeError(this.#maxBytes);
  }

  #discardRest(request: IncomingMessage): void {
    if (request.readableEnded || request.destroyed) return;
    const timer = this.#clock.schedule(() => request.destroy(), DISCARD_MS, { background: true });
    request.once('close', () => timer.cancel());
    request.resume();
  }
}
