import { Resolver, lookup } from 'node:dns/promises';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect as connectHttp2, createServer as createHttp2 } from 'node:http2';
import { get } from 'node:http';
import { connect, createServer, type NetConnectOpts, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { connect as connectTls } from 'node:tls';
import { SystemClock } from 'nestjs-mainstay/common';
import { afterEach, describe, expect, it } from 'vitest';
import { freePort } from '../../../../../test/support/free-port.js';
import type { Classification } from '../../classification.js';
import { ErrorDetector } from '../../error-detector.js';

const detector = new ErrorDetector();
const closing: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function serve(onConnection: (socket: Socket) => unknown): Promise<number> {
  const sockets: Socket[] = [];
  const server: Server = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => undefined);
    onConnection(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closing.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as { port: number }).port;
}

/** What a socket fails with. */
async function failureOf(options: NetConnectOpts, data?: string): Promise<unknown> {
  const socket = connect(options);
  if (data !== undefined) socket.write(data);
  closing.push(() => socket.destroy());
  return new Promise((resolve) => socket.once('error', resolve));
}

const detect = (error: unknown): Classification => detector.detect(error);
const away = (type: string) => ({ kind: 'unavailable', notSent: true, type });

describe('resilience rule 12: connections that were never made: nothing was sent', () => {
  it('ECONNREFUSED: nobody listens, at none of the addresses of the host', async () => {
    const port = await freePort();
    expect(detect(await failureOf({ host: '127.0.0.1', port }))).toEqual(away('ECONNREFUSED'));
    const lookupBoth = (_: string, __: unknown, done: (e: null, a: object[]) => void): void =>
      done(null, [
        { address: '127.0.0.1', family: 4 },
        { address: '127.0.0.2', family: 4 },
      ]);
    const both = {
      host: 'two',
      port,
      autoSelectFamily: true,
      lookup: lookupBoth,
    } as NetConnectOpts;
    const error = await failureOf(both);
    expect(error).toBeInstanceOf(AggregateError);
    expect(detect(error)).toEqual(away('ECONNREFUSED'));
  });

  it('ENOENT and ECONNREFUSED: a Unix socket that nobody made, or nobody listens on', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'socket-errors-'));
    closing.push(() => rm(folder, { recursive: true }));
    expect(detect(await failureOf({ path: join(folder, 'none') }))).toEqual(away('ENOENT'));
    await writeFile(join(folder, 'file'), '');
    expect(detect(await failureOf({ path: join(folder, 'file') }))).toEqual(away('ECONNREFUSED'));
  });

  it('EADDRNOTAVAIL, ENETUNREACH or EHOSTUNREACH: there is no way there', async () => {
    const error = await failureOf({ host: '127.0.0.1', port: 1, localAddress: '192.0.2.1' });
    expect(detect(error)).toMatchObject({ kind: 'unavailable' });
    const none = await failureOf({ host: '::1', port: 1, localAddress: '::2' });
    expect(detect(none)).toMatchObject({ kind: 'unavailable' });
  });

  it('ENOTFOUND or EAI_AGAIN: there is no such host, or nobody to ask', async () => {
    const error = await failureOf({ host: 'nowhere.invalid', port: 1 });
    expect(detect(error)).toMatchObject({ kind: 'unavailable', notSent: true });
    const asked: unknown = await lookup('nowhere.invalid').catch((failed: unknown) => failed);
    expect(detect(asked)).toMatchObject({ kind: 'unavailable', notSent: true });
  });

  it('ECONNREFUSED, ETIMEOUT, ESERVFAIL, EREFUSED and ENODATA: what a name server does', async () => {
    const names = createSocket('udp4');
    names.bind(0, '127.0.0.1');
    await once(names, 'listening');
    closing.push(() => names.close());
    const answers = [2, 5, 0]; // SERVFAIL, REFUSED, no error but no data
    names.on('message', (query, { port }) => {
      const code = answers[(query[13] ?? 0) - 97];
      if (code === undefined) return; // silent
      const reply = Buffer.from(query);
      reply[2] = 0x81;
      reply[3] = 0x80 | code;
      names.send(reply, port, '127.0.0.1');
    });
    const resolver = new Resolver({ timeout: 500, tries: 1 });
    resolver.setServers([`127.0.0.1:${names.address().port}`]);
    const ask = async (name: string): Promise<Classification> =>
      detect(await resolver.resolve4(name).catch((error: unknown) => error));
    expect(await ask('a.test')).toEqual(away('ESERVFAIL'));
    expect(await ask('b.test')).toEqual(away('EREFUSED'));
    expect(await ask('c.test')).toEqual(away('ENODATA'));
    expect(await ask('z.test')).toEqual({ kind: 'timeout', notSent: true, type: 'ETIMEOUT' });
  });

  it('ECONNRESET of a connection that ended before TLS was spoken', async () => {
    const port = await serve((socket) => socket.end());
    const socket = connectTls({ host: '127.0.0.1', port });
    const error = await new Promise((resolve) => socket.once('error', resolve));
    expect(detect(error)).toEqual(away('ECONNRESET'));
  });

  it('ERR_HTTP2_GOAWAY_SESSION or ERR_HTTP2_INVALID_SESSION: a session that takes nothing new', async () => {
    const server = createHttp2();
    server.on('session', (session) => session.on('error', () => undefined));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    closing.push(() => server.close());
    const session = connectHttp2(`http://127.0.0.1:${(server.address() as { port: number }).port}`);
    session.on('error', () => undefined);
    await once(session, 'connect');
    session.destroy();
    let thrown: unknown;
    try {
      session.request({ ':path': '/' });
    } catch (error) {
      thrown = error;
    }
    expect(detect(thrown)).toEqual(away('ERR_HTTP2_INVALID_SESSION'));
  });
});

describe('resilience rule 12: connections that were lost: something may have been sent', () => {
  it('ECONNRESET: the other side gave it up', async () => {
    const port = await serve((socket) => socket.once('data', () => socket.resetAndDestroy()));
    const error = await failureOf({ host: '127.0.0.1', port }, 'work');
    expect(detect(error)).toEqual({ kind: 'unavailable', type: 'ECONNRESET' });
  });

  it('ECONNRESET of HTTP: the server hung up', async () => {
    const port = await serve((socket) => socket.once('data', () => socket.end()));
    const request = get({ host: '127.0.0.1', port });
    const error = await new Promise((resolve) => request.once('error', resolve));
    expect(detect(error)).toEqual({ kind: 'unavailable', type: 'ECONNRESET' });
  });

  it('EPIPE: it was closed before this was written', async () => {
    const port = await serve((socket) => socket.destroy());
    const socket = connect({ host: '127.0.0.1', port, allowHalfOpen: true });
    closing.push(() => socket.destroy());
    const failed = new Promise((resolve) => socket.once('error', resolve));
    socket.on('data', () => undefined);
    await once(socket, 'end');
    for (const clock = new SystemClock(); !socket.destroyed; await clock.sleep(1))
      socket.write('x');
    const error = await failed;
    expect(detect(error)).toMatchObject({ kind: 'unavailable' });
    expect((error as NodeJS.ErrnoException).code).toMatch(/^(EPIPE|ECONNRESET)$/);
    expect(detect(error)).not.toHaveProperty('notSent');
  });

  it('ERR_STREAM_PREMATURE_CLOSE: a stream that ended in the middle', async () => {
    const port = await serve((socket) => socket.write('half'));
    const socket = connect({ host: '127.0.0.1', port });
    await once(socket, 'connect');
    const piping = pipeline(
      socket,
      async function* (source) {
        for await (const chunk of source) yield chunk;
      },
      async (source) => {
        for await (const chunk of source) void chunk;
      },
    ).catch((error: unknown) => error);
    socket.destroy();
    expect(detect(await piping)).toEqual({
      kind: 'unavailable',
      type: 'ERR_STREAM_PREMATURE_CLOSE',
    });
  });
});

describe('codes of sockets that cannot be provoked on one machine', () => {
  const of = (code: string, extra: object = {}): Error =>
    Object.assign(new Error(code), { code }, extra);

  it.each(['EHOSTUNREACH', 'ENETUNREACH', 'EHOSTDOWN', 'ENETDOWN', 'EADDRNOTAVAIL'])(
    'resilience rule 12: %s proves only while connecting that nothing was sent',
    (code) => {
      expect(detect(of(code, { syscall: 'connect' }))).toEqual(away(code));
      expect(detect(of(code, { syscall: 'read' }))).toEqual({ kind: 'unavailable', type: code });
    },
  );

  it('resilience rule 12: ETIMEDOUT likewise', () => {
    const late = { kind: 'timeout', type: 'ETIMEDOUT' };
    const connecting = of('ETIMEDOUT', { syscall: 'connect' });
    expect(detect(connecting)).toEqual({ ...late, notSent: true });
    const all = Object.assign(new AggregateError([connecting]), { code: 'ETIMEDOUT' });
    expect(detect(all)).toEqual({ ...late, notSent: true });
    expect(detect(of('ETIMEDOUT', { syscall: 'read' }))).toEqual(late);
  });

  it('resilience rule 12: a code of name servers is none of a socket or a file', () => {
    expect(detect(of('ENODATA', { syscall: 'getxattr' })).kind).toBe('unknown');
  });
});
