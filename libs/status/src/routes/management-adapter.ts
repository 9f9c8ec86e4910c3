import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream';
import { StreamableFile } from '@nestjs/common';
import type { RouteAdapter } from './route-answer.js';

type Handler = Parameters<RouteAdapter['get']>[1];

/** An HTTP adapter of a few GET routes over the server of Node.js: what the management port speaks through. */
export class ManagementAdapter implements RouteAdapter {
  readonly #handlers = new Map<string, Handler>();

  get(path: string, handler: Handler): void {
    this.#handlers.set(path, handler);
  }

  setHeader(response: unknown, name: string, value: string): void {
    (response as ServerResponse).setHeader(name, value);
  }

  reply(response: unknown, body: unknown, statusCode = 200): void {
    const answer = response as ServerResponse;
    if (body instanceof StreamableFile) {
      sendStream(answer, body, statusCode);
      return;
    }
    const isText = typeof body === 'string';
    if (!answer.hasHeader('Content-Type')) {
      const type = isText ? 'text/plain' : 'application/json';
      answer.setHeader('Content-Type', `${type}; charset=utf-8`);
    }
    answer.statusCode = statusCode;
    answer.end(isText ? body : JSON.stringify(body));
  }

  isHeadersSent(response: unknown): boolean {
    return (response as ServerResponse).headersSent;
  }

  /** Answers one request. */
  handle(request: IncomingMessage, response: ServerResponse): void {
    const path = request.url?.split('?', 1)[0] ?? '';
    const handler = this.#handlers.get(path.length > 1 ? path.replace(/\/$/, '') : path);
    if (!handler) {
      this.reply(response, { statusCode: 404, message: 'Not Found' }, 404);
      return;
    }
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('Allow', 'GET, HEAD');
      this.reply(response, { statusCode: 405, message: 'Method Not Allowed' }, 405);
      return;
    }
    handler(request, response);
  }
}

function sendStream(response: ServerResponse, file: StreamableFile, statusCode: number): void {
  const { type, length } = file.getHeaders();
  response.setHeader('Content-Type', type);
  if (length !== undefined) response.setHeader('Content-Length', length);
  response.statusCode = statusCode;
  // A client that breaks off is no error of ours; both ends are closed then.
  pipeline(file.getStream(), response, () => undefined);
}
