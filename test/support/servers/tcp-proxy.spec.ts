import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { freePort } from '../free-port.js';
import { TcpProxy } from './tcp-proxy.js';

let echo: Server;
let proxy: TcpProxy;
const clients: Socket[] = [];
/** What the server behind the proxy has received. */
let received: string;

beforeEach(async () => {
  received = '';
  const port = await freePort();
  echo = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => undefined);
    socket.on('data', (bytes) => (received += bytes.toString()));
    socket.pipe(socket);
  });
  echo.listen(port, '127.0.0.1');
  await once(echo, 'listening');
  proxy = await TcpProxy.start(port);
});

afterEach(async () => {
  for (const client of clients.splice(0)) client.destroy();
  await proxy.dispose();
  echo.close();
});

async function open(): Promise<Socket> {
  const client = connect({ port: proxy.port, host: '127.0.0.1', allowHalfOpen: true });
  clients.push(client);
  await once(client, 'connect');
  return client;
}

/** The answer to a text, or nothing within a while. */
async function ask(client: Socket, text: string, withinMs = 2_000): Promise<string | undefined> {
  client.write(text);
  const signal = AbortSignal.timeout(withinMs);
  const answer = once(client, 'data', { signal }) as Promise<[Buffer]>;
  return answer.then(
    ([bytes]) => bytes.toString(),
    (error: Error) => {
      if (error.name === 'AbortError') return undefined;
      throw error;
    },
  );
}

describe('TcpProxy', () => {
  it('passes bytes on in both directions, and the end', async () => {
    const client = await open();
    expect(await ask(client, 'hello')).toBe('hello');
    client.end();
    await once(client, 'end');
    expect(received).toBe('hello');
  });

  it('passes on more than fits into its buffers', async () => {
    const client = await open();
    const size = 8 * 1_048_576;
    let back = 0;
    client.on('data', (bytes: Buffer) => (back += bytes.length));
    client.end(Buffer.alloc(size));
    await once(client, 'end');
    expect(back).toBe(size);
  });

  it('counts the connections', async () => {
    const [first] = [await open(), await open()];
    await ask(first, 'there');
    expect(proxy.acceptedConnections).toBe(2);
    expect(proxy.openConnections).toBe(2);
    first.end();
    await once(first, 'close');
    await expect.poll(() => proxy.openConnections).toBe(1);
    expect(proxy.acceptedConnections).toBe(2);
  });

  it('cuts open connections and refuses new ones, until it is healed', async () => {
    const client = await open();
    await ask(client, 'before');
    const broken = once(client, 'close').catch((error: Error) => error);
    proxy.cut();
    expect(await broken).toMatchObject({ code: 'ECONNRESET' });
    await expect(open()).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    await proxy.heal();
    expect(await ask(await open(), 'after')).toBe('after');
  });

  it('delays bytes both ways, in order', async () => {
    const client = await open();
    let answers = '';
    client.on('data', (bytes: Buffer) => (answers += bytes.toString()));
    const startedAt = performance.now();
    proxy.delay(150);
    client.write('first, ');
    await sleep(20);
    proxy.delay(100);
    client.write('second');
    await expect.poll(() => answers).toBe('first, second');
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(249);
    await proxy.heal();
    expect(await ask(client, 'at once', 90)).toBe('at once');
  });

  it('swallows everything as a black hole, on open and on new connections, without ending them', async () => {
    const old = await open();
    await ask(old, 'before');
    proxy.blackHole();
    const fresh = await open();
    expect(await ask(old, 'lost', 150)).toBeUndefined();
    expect(await ask(fresh, 'lost', 150)).toBeUndefined();
    expect([old.readyState, fresh.readyState]).toEqual(['open', 'open']);
    expect(received).toBe('before');
  });

  it('swallows in one direction only: what is asked arrives and no answer comes back, or nothing arrives', async () => {
    const client = await open();
    await ask(client, 'before ');
    proxy.blackHole('answers');
    expect(await ask(client, 'heard ', 150)).toBeUndefined();
    expect(received).toBe('before heard ');
    proxy.blackHole('requests');
    expect(await ask(client, 'lost', 150)).toBeUndefined();
    expect(received).toBe('before heard ');
  });

  it('swallows answers that were under way', async () => {
    const client = await open();
    proxy.delay(150);
    const answer = ask(client, 'question', 500);
    await expect.poll(() => received).toBe('question');
    proxy.blackHole();
    expect(await answer).toBeUndefined();
  });

  it('when a black hole is healed, breaks the connections that lost bytes and keeps the others', async () => {
    const [losing, lucky] = [await open(), await open()];
    await ask(losing, 'a');
    await ask(lucky, 'b');
    proxy.blackHole();
    await ask(losing, 'lost', 50);
    const broken = once(losing, 'close').catch((error: Error) => error);
    await proxy.heal();
    expect(await broken).toMatchObject({ code: 'ECONNRESET' });
    expect(await ask(lucky, 'still here')).toBe('still here');
    expect(await ask(await open(), 'new')).toBe('new');
  });

  it('half-closes: the client sees the end, what it sends still arrives, and no answer comes back', async () => {
    const client = await open();
    await ask(client, 'before ');
    const ended = once(client, 'end');
    proxy.halfClose();
    await ended;
    client.write('after');
    await expect.poll(() => received).toBe('before after');
    expect(client.writable).toBe(true);
    expect(client.bytesRead).toBe('before '.length);
    expect(await ask(await open(), 'new')).toBe('new');
  });
});
