import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { Worker } from 'node:worker_threads';
import { Agent, BalancedPool, Client, fetch as undiciFetch, request } from 'undici';
import { afterEach, describe, expect, it } from 'vitest';
import { rejectionOf } from '../../../../../test/support/rejection-of.js';
import type { Classification } from '../../classification.js';
import { ErrorDetector } from '../../error-detector.js';

const detector = new ErrorDetector();
const sockets: Socket[] = [];
let server: Server | undefined;
let worker: Worker | undefined;

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  if (server) await new Promise((resolve) => server?.close(resolve));
  server = undefined;
  await worker?.terminate();
  worker = undefined;
});

/** A server that does with each connection what it is told. @returns its URL */
async function serve(onRequest: (socket: Socket) => unknown): Promise<string> {
  server = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => undefined);
    socket.once('data', () => onRequest(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as { port: number }).port}`;
}

async function detected(work: PromiseLike<unknown>): Promise<Classification> {
  return detector.detect(await rejectionOf(work));
}

/** Listens and takes no connection; those before ours have filled its queue. @returns its port */
async function serveNobody(): Promise<number> {
  worker = new Worker(
    `const { parentPort } = require('node:worker_threads');
    const server = require('node:net').createServer();
    server.listen({ host: '127.0.0.1', port: 0, backlog: 1 }, () => {
      parentPort.postMessage(server.address().port);
      setImmediate(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0));
    });`,
    { eval: true },
  );
  const [port] = (await once(worker, 'message')) as [number];
  for (let filled = 0; filled < 4; filled++) sockets.push(connect(port, '127.0.0.1'));
  await once(sockets[0] as Socket, 'connect');
  return port;
}

const nothing = (): undefined => undefined;
const HEAD = 'HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n';

describe('resilience rule 12: undici from npm', () => {
  it('HTTPParserError: the server does not speak HTTP', async () => {
    const url = await serve((socket) => socket.end('220 mail.example ESMTP\r\n'));
    expect(await detected(request(url))).toMatchObject({ kind: 'unavailable' });
  });

  it('UND_ERR_CONNECT_TIMEOUT: nothing was sent', async () => {
    const url = `http://127.0.0.1:${await serveNobody()}`;
    const dispatcher = new Agent({ connect: { timeout: 100 } });
    const expected = { kind: 'timeout', notSent: true, type: 'UND_ERR_CONNECT_TIMEOUT' };
    expect(await detected(request(url, { dispatcher }))).toEqual(expected);
    expect(await detected(undiciFetch(url, { dispatcher }))).toEqual(expected);
  });

  it('UND_ERR_HEADERS_TIMEOUT and UND_ERR_BODY_TIMEOUT: it may have been done', async () => {
    const silent = await serve(nothing);
    const dispatcher = new Agent({ headersTimeout: 20, bodyTimeout: 20 });
    const headers = request(silent, { dispatcher });
    expect(await detected(headers)).toEqual({ kind: 'timeout', type: 'UND_ERR_HEADERS_TIMEOUT' });
    for (const socket of sockets.splice(0)) socket.destroy();
    await new Promise((resolve) => server?.close(resolve));
    const half = await serve((socket) => socket.write(`${HEAD}half`));
    const { body } = await request(half, { dispatcher });
    expect(await detected(body.text())).toEqual({ kind: 'timeout', type: 'UND_ERR_BODY_TIMEOUT' });
  });

  it('UND_ERR_CLOSED: nothing is sent any more; UND_ERR_DESTROYED: perhaps it was', async () => {
    const url = await serve(nothing);
    const closed = new Client(url);
    closed.request({ path: '/', method: 'GET' }).catch(nothing);
    void closed.close();
    expect(await detected(closed.request({ path: '/', method: 'GET' }))).toEqual({
      kind: 'unavailable',
      notSent: true,
      retryable: false,
      type: 'UND_ERR_CLOSED',
    });
    await closed.destroy();
    const client = new Client(url);
    const waiting = detected(client.request({ path: '/', method: 'POST', body: 'x' }));
    await once(server as Server, 'connection');
    await client.destroy();
    const destroyed = { kind: 'unavailable', retryable: false, type: 'UND_ERR_DESTROYED' };
    expect(await waiting).toEqual(destroyed);
  });

  it('UND_ERR_ABORTED: the caller gave up', async () => {
    const client = new Client(await serve(nothing));
    const signal = AbortSignal.abort();
    const aborted = client.request({ path: '/', method: 'GET', signal });
    expect(await detected(aborted)).toMatchObject({ kind: 'cancelled' });
    await client.destroy();
  });

  it('UND_ERR_RES_EXCEEDED_MAX_SIZE and UND_ERR_HEADERS_OVERFLOW: more than the caller takes', async () => {
    const url = await serve((socket) => socket.end(`${HEAD}0123456789`));
    const small = new Agent({ maxResponseSize: 5 });
    const { body } = await request(url, { dispatcher: small });
    const validation = { kind: 'permanent', reason: 'validation' };
    const type = 'UND_ERR_RES_EXCEEDED_MAX_SIZE';
    expect(await detected(body.text())).toEqual({ ...validation, type });
    const few = new Agent({ maxHeaderSize: 10 });
    const long = request(url, { dispatcher: few });
    expect(await detected(long)).toEqual({ ...validation, type: 'UND_ERR_HEADERS_OVERFLOW' });
  });

  it('UND_ERR_REQ_CONTENT_LENGTH_MISMATCH: a mistake of the caller', async () => {
    const url = await serve(nothing);
    const headers = { 'content-length': '1' };
    const wrong = request(url, { method: 'POST', headers, body: 'more than one' });
    expect(await detected(wrong)).toMatchObject({ kind: 'permanent', reason: 'validation' });
  });

  it('UND_ERR_BPL_MISSING_UPSTREAM: a pool of no servers', async () => {
    const pool = new BalancedPool([]);
    expect(await detected(pool.request({ path: '/', method: 'GET' }))).toMatchObject({
      kind: 'unavailable',
      notSent: true,
    });
  });
});
