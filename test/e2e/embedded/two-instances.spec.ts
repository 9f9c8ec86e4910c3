import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { DocumentsClient } from '../../support/documents-client.js';
import { eventually } from '../../support/eventually.js';
import { ServiceProcess } from '../../support/service-process.js';

const services: ServiceProcess[] = [];

afterEach(async () => {
  for (const service of services.splice(0).toReversed()) await service.dispose();
});

async function start(env: Record<string, string> = {}): Promise<ServiceProcess> {
  const service = await ServiceProcess.start({ env: { STATUS_PROBE_INTERVAL: '1h', ...env } });
  services.push(service);
  await eventually(() => expect(service.output).toContain('Swept in'), 20_000);
  return service;
}

it('the sweep of an instance that starts leaves alone what another one is receiving', async () => {
  const first = await start();
  const shared = {
    DATABASE_URL: `sqlite:${join(first.dataDirectory, 'documents.sqlite')}`,
    STORAGE_URL: `file:${first.storageDirectory}`,
  };
  const content = randomBytes(100_000);
  let second: ServiceProcess | undefined;
  async function* startingTheOtherHalfWay(): AsyncGenerator<Buffer> {
    yield content.subarray(0, 50_000);
    second = await start(shared);
    yield content.subarray(50_000);
  }
  const client = new DocumentsClient(first.url);
  const { status, body } = await client.uploadStream('shared.bin', startingTheOtherHalfWay());
  expect(status).toBe(201);
  expect(second?.output).toContain('; 0 unfinished contents removed');
  const other = new DocumentsClient((second as ServiceProcess).url);
  expect(await other.download(body.id)).toMatchObject({ size: 100_000, sha256: body.sha256 });
});
