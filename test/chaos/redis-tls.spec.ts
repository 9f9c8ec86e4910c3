import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { DocumentsClient } from '../support/documents-client.js';
import { eventually } from '../support/eventually.js';
import { freePort } from '../support/free-port.js';
import { healthOf } from '../support/health.js';
import { describeOwnServers } from '../support/servers/describe-own-servers.js';
import { RedisServer } from '../support/servers/redis-server.js';
import { ServiceProcess } from '../support/service-process.js';

const run = promisify(execFile);

describeOwnServers('a cache on a Redis behind TLS', () => {
  let directory: string;
  let certificate: string;
  let redis: RedisServer;
  let url: string;
  let service: ServiceProcess | undefined;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'redis-tls-'));
    certificate = join(directory, 'certificate.pem');
    const key = join(directory, 'key.pem');
    const subject = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1'];
    const files = ['-keyout', key, '-out', certificate];
    await run('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', ...subject, ...files]);
    const port = await freePort();
    const tls = ['--tls-cert-file', certificate, '--tls-key-file', key];
    const clients = ['--tls-ca-cert-file', certificate, '--tls-auth-clients', 'no'];
    redis = await RedisServer.start({ args: ['--tls-port', String(port), ...tls, ...clients] });
    url = `rediss://127.0.0.1:${port}/0`;
  });
  afterEach(() => service?.dispose());
  afterAll(async () => {
    await redis?.dispose();
    await rm(directory, { recursive: true, force: true });
  });

  it('is used when its certificate is trusted', async () => {
    const env = { CACHE_URL: url, DATABASE_URL: 'sqlite:./documents.sqlite' };
    service = await ServiceProcess.start({ env: { ...env, NODE_EXTRA_CA_CERTS: certificate } });
    expect(await healthOf(service.url, 'cache')).toMatchObject({ state: 'up' });
    const client = new DocumentsClient(service.url);
    const { body } = await client.upload({ name: 'a.txt', content: 'a' });
    await client.json(body.links.self);
    expect((await client.json(body.links.self)).headers.get('x-cache')).toBe('hit');
  });

  it.each([
    ['is signed by nobody who is trusted', '127.0.0.1', false, 'self-signed certificate'],
    ['is of another host', 'localhost', true, "does not match certificate's altnames"],
  ])('is not when its certificate %s, and the health says why', async (_, host, isTrusted, why) => {
    const trust = isTrusted ? { NODE_EXTRA_CA_CERTS: certificate } : {};
    const env = { CACHE_URL: url.replace('127.0.0.1', host), ...trust };
    service = await ServiceProcess.create({
      env: { ...env, DATABASE_URL: 'sqlite:./documents.sqlite' },
    });
    await service.listen();
    const { url: address } = service;
    await eventually(async () => {
      expect(await healthOf(address, 'cache')).toMatchObject({
        state: 'degraded',
        message: expect.stringContaining(why) as string,
      });
    });
  });
});
