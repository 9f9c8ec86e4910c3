import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { freePort } from '../../../../../test/support/free-port.js';
import { rejectionOf } from '../../../../../test/support/rejection-of.js';
import type { Classification } from '../../classification.js';
import { ErrorDetector } from '../../error-detector.js';

// Apart from the tests of undici from npm, whose import would take the place of the one that Node has.
const detector = new ErrorDetector();
const sockets: Socket[] = [];
let server: Server | undefined;

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  if (server) await new Promise((resolve) => server?.close(resolve));
  server = undefined;
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

const nothing = (): undefined => undefined;
const HEAD = 'HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n';

describe('resilience rule 12: fetch, whose TypeError is told by its cause', () => {
  it('nobody listens, or there is no such host: nothing was sent', async () => {
    const refused = await rejectionOf(fetch(`http://127.0.0.1:${await freePort()}`));
    expect(refused).toBeInstanceOf(TypeError);
    const away = { kind: 'unavailable', notSent: true };
    expect(detector.detect(refused)).toEqual({ ...away, type: 'ECONNREFUSED' });
    const unnamed = await detected(fetch('http://nowhere.invalid'));
    expect(unnamed).toMatchObject(away);
    expect(unnamed.type).toMatch(/^(ENOTFOUND|EAI_AGAIN)$/);
  });

  it('the server ends the connection before it answers, or in the middle of it', async () => {
    const broken = { kind: 'unavailable', type: 'UND_ERR_SOCKET' };
    const early = await serve((socket) => socket.end());
    expect(await detected(fetch(early))).toEqual(broken);
    await new Promise((resolve) => server?.close(resolve));
    const midway = await serve((socket) => socket.end(`${HEAD}half`));
    const response = await fetch(midway);
    const error = await rejectionOf(response.text());
    expect(error).toBeInstanceOf(TypeError);
    expect(detector.detect(error)).toEqual(broken);
  });

  it('the server does not speak HTTP', async () => {
    const url = await serve((socket) => socket.end('220 mail.example ESMTP\r\n'));
    expect(await detected(fetch(url))).toMatchObject({
      kind: 'unavailable',
      type: expect.stringMatching(/^HPE_/) as unknown,
    });
  });

  it('a caller that aborts, and one whose time is up', async () => {
    const url = await serve(nothing);
    const controller = new AbortController();
    const aborted = detected(fetch(url, { signal: controller.signal }));
    controller.abort();
    expect(await aborted).toEqual({ kind: 'cancelled', type: 'AbortError' });
    const timer = new AbortController();
    const late = detected(fetch(url, { signal: timer.signal }));
    timer.abort(new DOMException('The operation was aborted due to timeout', 'TimeoutError'));
    expect(await late).toEqual({ kind: 'timeout', type: 'TimeoutError' });
  });

  it('a TypeError that comes from no connection stays unknown', async () => {
    const unknown = { kind: 'unknown', type: 'TypeError' };
    expect(await detected(fetch('nonsense'))).toEqual(unknown);
    expect(await detected(fetch('http://127.0.0.1:1'))).toEqual(unknown);
  });
});
