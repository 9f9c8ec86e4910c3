import { createHash } from 'node:crypto';
import { once } from 'node:events';
import {
  request,
  type ClientRequest,
  type IncomingMessage,
  type OutgoingHttpHeaders,
} from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { text } from 'node:stream/consumers';

const BOUNDARY = 'documents-client-boundary';

/** What the service tells of a document. */
export interface DocumentView {
  readonly id: string;
  readonly name: string;
  readonly contentType: string;
  readonly size: number;
  readonly sha256: string;
  readonly createdAt: string;
  readonly links: { readonly self: string; readonly content: string };
}

/** A file to upload. */
export interface FileToUpload {
  readonly name: string;
  readonly type?: string;
  readonly content: Uint8Array<ArrayBuffer> | string;
}

/** An answer with its body read as JSON. */
export interface Answer<T> {
  readonly status: number;
  readonly headers: Headers;
  readonly body: T;
}

/** Speaks to the documents service as its users do. */
export class DocumentsClient {
  readonly baseUrl: string;

  constructor(baseUrl: string) {
    this.baseUrl = baseUrl;
  }

  /** Asks for JSON; a body that is none is an error of the test. */
  async json<T>(path: string, init?: RequestInit): Promise<Answer<T>> {
    const response = await fetch(this.baseUrl + path, init);
    const body = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      body: (body === '' ? undefined : JSON.parse(body)) as T,
    };
  }

  /** Uploads a file as a browser does. */
  async upload(
    file: FileToUpload,
    headers: Record<string, string> = {},
  ): Promise<Answer<DocumentView>> {
    const form = new FormData();
    form.set('file', new File([file.content], file.name, { type: file.type ?? '' }));
    return this.json('/documents', { method: 'POST', body: form, headers });
  }

  /** Uploads a body as it is. */
  async post(
    body: string | Uint8Array<ArrayBuffer>,
    contentType: string,
  ): Promise<Answer<unknown>> {
    return this.json('/documents', {
      method: 'POST',
      body,
      headers: { 'content-type': contentType },
    });
  }

  /** Uploads a file of any size in constant memory, of a length that is not told before. */
  async uploadStream(name: string, content: AsyncIterable<Buffer>): Promise<Answer<DocumentView>> {
    const upload = this.beginUpload();
    const answered = once(upload, 'response') as Promise<[IncomingMessage]>;
    await pipeline(Readable.from(framed(name, content)), upload);
    const [response] = await answered;
    return {
      status: response.statusCode ?? 0,
      headers: new Headers(response.headers as Record<string, string>),
      body: JSON.parse(await text(response)) as DocumentView,
    };
  }

  /** Begins an upload whose body the caller writes, and may break off. */
  beginUpload(headers: OutgoingHttpHeaders = {}): ClientRequest {
    return request(`${this.baseUrl}/documents`, {
      method: 'POST',
      headers: { 'content-type': `multipart/form-data; boundary=${BOUNDARY}`, ...headers },
    });
  }

  /** Downloads a content, of any size in constant memory. */
  async download(id: string): Promise<{ headers: Headers; size: number; sha256: string }> {
    const response = await fetch(`${this.baseUrl}/documents/${id}/content`);
    if (response.status !== 200 || !response.body) {
      throw new Error(`The download of ${id} answered ${response.status}.`);
    }
    const hash = createHash('sha256');
    let size = 0;
    for await (const chunk of response.body) {
      hash.update(chunk);
      size += chunk.length;
    }
    return { headers: response.headers, size, sha256: hash.digest('hex') };
  }
}

/** What stands before the content of a file in a form. */
export function formHead(name: string): string {
  return (
    `--${BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="${name}"\r\n` +
    'Content-Type: application/octet-stream\r\n\r\n'
  );
}

/** What stands after the content of the last file in a form. */
export const FORM_TAIL = `\r\n--${BOUNDARY}--\r\n`;

async function* framed(name: string, content: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  yield Buffer.from(formHead(name));
  yield* content;
  yield Buffer.from(FORM_TAIL);
}
