import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { MIMEType } from 'node:util';
import { Dicer } from '@fastify/busboy';
import type { IncomingFile } from './incoming-file.js';
import { readFileHeaders, type RawPartHeaders } from './part-headers.js';
import {
  MalformedUploadError,
  NotMultipartError,
  UploadBrokenOffError,
  UploadTooLargeError,
} from './upload.errors.js';

/** What the fields and headers around the file may weigh, in bytes. */
export const MAX_OVERHEAD_BYTES = 1_048_576;

const MAX_PARTS = 100;

/** A form that is being read from a request: exactly one file; other fields are skipped. Nothing is buffered. */
export class MultipartForm {
  readonly #request: IncomingMessage;
  readonly #maxBytes: number;
  readonly #parser: Dicer;
  readonly #file = new Deferred<IncomingFile>();
  readonly #end = new Deferred<void>();
  #failure: Error | undefined;
  #current: Readable | undefined;
  #parts = 0;
  #files = 0;
  #skippedBytes = 0;

  /** @throws {@link NotMultipartError} */
  constructor(request: IncomingMessage, maxBytes: number) {
    this.#request = request;
    this.#maxBytes = maxBytes;
    this.#parser = new Dicer({ boundary: boundaryOf(request) });
    this.#parser.on('part', (part) => this.#onPart(part));
    this.#parser.on('finish', () => this.#onEnd());
    this.#parser.on('error', () =>
      this.#fail(new MalformedUploadError('The form ends too early.')),
    );
    request.on('error', this.#onBrokenOff).on('close', this.#onBrokenOff);
    request.pipe(this.#parser);
  }

  /** Why the form could not be read, once it is known. */
  get failure(): Error | undefined {
    return this.#failure;
  }

  /** The file, as soon as its headers are there. */
  file(): Promise<IncomingFile> {
    return this.#file.promise;
  }

  /** Stops reading; what the request still holds is left to the caller. */
  detach(): void {
    this.#request.unpipe(this.#parser);
    this.#request.off('close', this.#onBrokenOff);
    this.#current?.destroy();
  }

  readonly #onBrokenOff = (): void => {
    if (!this.#request.complete) this.#fail(new UploadBrokenOffError());
  };

  #onEnd(): void {
    if (this.#files === 0) this.#fail(new MalformedUploadError('The form has no file.'));
    else this.#end.resolve();
  }

  #onPart(part: Readable): void {
    this.#current = part;
    // The parser reports a part that ends too early once more itself.
    part.on('error', () => undefined);
    part.once('header', (headers: RawPartHeaders) => this.#onHeaders(part, headers));
    if (++this.#parts > MAX_PARTS) {
      this.#fail(new MalformedUploadError(`The form has more than ${MAX_PARTS} parts.`));
    }
  }

  #onHeaders(part: Readable, headers: RawPartHeaders): void {
    const file = readFileHeaders(headers);
    if (file === undefined) this.#skip(part);
    else if (++this.#files > 1) this.#fail(new MalformedUploadError('Send one file in a form.'));
    else this.#file.resolve({ ...file, content: this.#read(part) });
  }

  async *#read(part: Readable): AsyncGenerator<Buffer> {
    let size = 0;
    for await (const chunk of part as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > this.#maxBytes) throw this.#fail(new UploadTooLargeError(this.#maxBytes));
      yield chunk;
    }
    await this.#end.promise;
  }

  #skip(part: Readable): void {
    part.on('data', (chunk: Buffer) => {
      this.#skippedBytes += chunk.length;
      if (this.#skippedBytes > MAX_OVERHEAD_BYTES)
        this.#fail(new UploadTooLargeError(this.#maxBytes));
    });
  }

  #fail(error: Error): Error {
    this.#failure ??= error;
    this.#file.reject(this.#failure);
    this.#end.reject(this.#failure);
    this.#current?.destroy(this.#failure);
    return this.#failure;
  }
}

/** A promise that is settled from outside; nobody has to wait for it. */
class Deferred<T> {
  resolve!: (value: T) => void;
  reject!: (error: Error) => void;

  readonly promise = new Promise<T>((resolve, reject) => {
    this.resolve = resolve;
    this.reject = reject;
  });

  constructor() {
    this.promise.catch(() => undefined);
  }
}

function boundaryOf(request: IncomingMessage): string {
  try {
    const { essence, params } = new MIMEType(request.headers['content-type'] ?? '');
    const boundary = params.get('boundary');
    if (essence === 'multipart/form-data' && boundary) return boundary;
  } catch {
    // Not a media type at all: answered like any other that is no form.
  }
  throw new NotMultipartError();
}
