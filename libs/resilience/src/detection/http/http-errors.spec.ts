import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { HttpException, NotFoundException, ServiceUnavailableException } from '@nestjs/common';
import { Agent, interceptors, request } from 'undici';
import { afterEach, describe, expect, it } from 'vitest';
import { rejectionOf } from '../../../../../test/support/rejection-of.js';
import { ErrorDetector } from '../../error-detector.js';
import { detectHttpError } from './http-errors.js';

const detector = new ErrorDetector();
let server: Server | undefined;

afterEach(async () => {
  server?.closeAllConnections();
  if (server) await new Promise((resolve) => server?.close(resolve));
  server = undefined;
});

/** A real HTTP server. @returns its URL */
async function serve(
  answer: (incoming: IncomingMessage, response: ServerResponse) => void,
): Promise<string> {
  server = createServer(answer);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as { port: number }).port}`;
}

/** What undici throws for an answer of a real server. */
async function thrownFor(status: number, headers: Record<string, string> = {}): Promise<unknown> {
  const url = await serve((_, response) => response.writeHead(status, headers).end('no'));
  const dispatcher = new Agent().compose(interceptors.responseError());
  return rejectionOf(request(url, { dispatcher }));
}

const permanent = (reason: string) => ({ kind: 'permanent', reason });

describe('detectHttpError', () => {
  it.each([
    [400, permanent('validation')],
    [401, permanent('auth')],
    [403, permanent('auth')],
    [404, permanent('not-found')],
    [407, permanent('auth')],
    [408, { kind: 'timeout' }],
    [409, permanent('conflict')],
    [410, permanent('not-found')],
    [412, permanent('conflict')],
    [422, permanent('validation')],
    [423, permanent('conflict')],
    [425, { kind: 'transient' }],
    [429, { kind: 'throttled' }],
    [500, { kind: 'transient' }],
    [501, permanent('configuration')],
    [502, { kind: 'unavailable' }],
    [503, { kind: 'unavailable' }],
    [504, { kind: 'timeout' }],
    [505, permanent('configuration')],
    [507, { kind: 'unavailable', retryable: false, partial: true }],
    [511, permanent('auth')],
    [599, { kind: 'transient' }],
  ])('resilience rule 12: a server that answers %i', async (status, expected) => {
    const error = await thrownFor(status);
    expect(detector.detect(error)).toEqual({ ...expected, type: `HTTP_${status}` });
  });

  it('resilience rule 12: the answer of fetch, thrown itself or held by an error', async () => {
    const url = await serve((_, response) => response.writeHead(503).end());
    const response = await fetch(url);
    const expected = { kind: 'unavailable', type: 'HTTP_503' };
    expect(detector.detect(response)).toEqual(expected);
    expect(detector.detect(Object.assign(new Error('x'), { response }))).toEqual(expected);
  });

  it("resilience rule 12: Nest's own exceptions", () => {
    expect(detector.detect(new NotFoundException())).toEqual({
      ...permanent('not-found'),
      type: 'HTTP_404',
    });
    expect(detector.detect(new ServiceUnavailableException()).kind).toBe('unavailable');
    expect(detector.detect(new HttpException('x', 302)).kind).toBe('unknown');
  });

  it('takes no status outside of 400 to 599, and none of what is neither error nor answer', () => {
    expect(detectHttpError(Object.assign(new Error('x'), { status: 302 }))).toBeUndefined();
    expect(detectHttpError(Object.assign(new Error('x'), { status: 600 }))).toBeUndefined();
    expect(detectHttpError(new Response(null, { status: 204 }))).toBeUndefined();
    expect(detectHttpError({ status: 503 })).toBeUndefined();
    expect(detectHttpError('503')).toBeUndefined();
  });
});

describe('Retry-After', () => {
  it('resilience rule 12: in seconds, on the error of a client and on an answer of fetch', async () => {
    const headers = { 'Retry-After': '3' };
    expect(detector.detect(await thrownFor(429, headers))).toEqual({
      kind: 'throttled',
      type: 'HTTP_429',
      retryAfterMs: 3_000,
    });
    const url = await serve((_, response) => response.writeHead(503, headers).end());
    expect(detector.detect(await fetch(url)).retryAfterMs).toBe(3_000);
  });

  it("resilience rule 12: as a date, which counts from the answer's own date", async () => {
    const date = 'Thu, 01 Jan 1970 00:00:10 GMT';
    const later = 'Thu, 01 Jan 1970 00:01:10 GMT';
    const error = await thrownFor(503, { Date: date, 'Retry-After': later });
    expect(detector.detect(error).retryAfterMs).toBe(60_000);
    const past = await thrownFor(503, { Date: later, 'Retry-After': date });
    expect(detector.detect(past).retryAfterMs).toBe(0);
  });

  it.each([
    ['a date without the date of the answer', { 'Retry-After': 'Thu, 01 Jan 1970 00:01:10 GMT' }],
    ['something else', { 'Retry-After': 'soon' }],
    ['no text', { 'retry-after': 3 }],
  ])('says nothing when it is %s', (_, headers) => {
    const error = Object.assign(new Error('x'), { status: 503, headers });
    expect(detectHttpError(error)).toEqual({ kind: 'unavailable', type: 'HTTP_503' });
  });

  it('is of no interest where the same call would fail again', async () => {
    const error = await thrownFor(404, { 'Retry-After': '3' });
    expect(detector.detect(error)).not.toHaveProperty('retryAfterMs');
  });
});
