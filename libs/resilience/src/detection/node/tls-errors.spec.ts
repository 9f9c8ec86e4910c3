import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer as createPlainServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, createServer, type ConnectionOptions, type TlsOptions } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ErrorDetector } from '../../error-detector.js';

const detector = new ErrorDetector();
const closing: (() => unknown)[] = [];
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tls-errors-'));
  make('ca', ['-x509', '-days', '2']);
  make('self', ['-x509', '-days', '2', '-addext', 'subjectAltName=DNS:localhost']);
  sign('good', ['-days', '2']);
  sign('expired', ['-days', '-1']);
});

afterEach(() => {
  for (const close of closing.splice(0)) close();
});

afterAll(() => rm(folder, { recursive: true }));

function openssl(...args: string[]): void {
  execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });
}

/** A key, and a certificate or the request for one. */
function make(name: string, kind: string[]): void {
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  const files = ['-keyout', `${name}.key`, '-out', `${name}.pem`];
  openssl('req', '-subj', `/CN=${name}`, ...key, ...files, ...kind);
}

/** A certificate for `localhost` by the authority of these tests. */
function sign(name: string, days: string[]): void {
  make(name, ['-addext', 'subjectAltName=DNS:localhost']);
  const by = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-copy_extensions', 'copyall'];
  openssl('x509', '-req', '-in', `${name}.pem`, '-out', `${name}.crt`, ...by, ...days);
}

const read = (file: string): Promise<string> => readFile(join(folder, file), 'utf8');

async function serve(cert: string, key: string, options: TlsOptions = {}): Promise<number> {
  const server = createServer({ cert: await read(cert), key: await read(key), ...options });
  server.on('tlsClientError', () => undefined);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closing.push(() => server.close());
  return (server.address() as { port: number }).port;
}

async function detectedAt(port: number, options: ConnectionOptions = {}): Promise<unknown> {
  const socket = connect({ host: '127.0.0.1', port, servername: 'localhost', ...options });
  closing.push(() => socket.destroy());
  return detector.detect(await new Promise((resolve) => socket.once('error', resolve)));
}

const notTrusted = (type: string) => ({
  kind: 'unavailable',
  notSent: true,
  retryable: false,
  type,
});

describe('resilience rule 12: a TLS server that is not trusted', () => {
  it('a certificate that nobody signed, or nobody that is known', async () => {
    const self = await serve('self.pem', 'self.key');
    expect(await detectedAt(self)).toEqual(notTrusted('DEPTH_ZERO_SELF_SIGNED_CERT'));
    const good = await serve('good.crt', 'good.key');
    expect(await detectedAt(good)).toEqual(notTrusted('UNABLE_TO_VERIFY_LEAF_SIGNATURE'));
  });

  it('a certificate that has expired, or is for somebody else', async () => {
    const ca = await read('ca.pem');
    const expired = await serve('expired.crt', 'expired.key');
    expect(await detectedAt(expired, { ca })).toEqual(notTrusted('CERT_HAS_EXPIRED'));
    const good = await serve('good.crt', 'good.key');
    const other = { ca, servername: 'elsewhere.example' };
    expect(await detectedAt(good, other)).toEqual(notTrusted('ERR_TLS_CERT_ALTNAME_INVALID'));
  });

  it('a server that does not speak TLS, or not this one', async () => {
    const plain = createPlainServer((socket) => socket.end('220 mail.example ESMTP\r\n'));
    plain.listen(0, '127.0.0.1');
    await once(plain, 'listening');
    closing.push(() => plain.close());
    const { port } = plain.address() as { port: number };
    expect(await detectedAt(port)).toMatchObject({
      kind: 'unavailable',
      notSent: true,
      retryable: false,
    });
    const old = await serve('good.crt', 'good.key', { maxVersion: 'TLSv1.2' });
    expect(await detectedAt(old, { minVersion: 'TLSv1.3' })).toMatchObject({
      kind: 'unavailable',
      notSent: true,
      retryable: false,
    });
  });

  it('a server that asks for our certificate says so after the handshake: it may have got something', async () => {
    const strict = await serve('good.crt', 'good.key', {
      requestCert: true,
      ca: await read('ca.pem'),
    });
    expect(await detectedAt(strict, { ca: await read('ca.pem') })).toEqual({
      kind: 'unavailable',
      retryable: false,
      type: 'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED',
    });
  });
});
