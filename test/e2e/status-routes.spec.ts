import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectEveryAttemptEnded } from '../support/attempts.js';
import { DocumentsClient, formHead } from '../support/documents-client.js';
import { eventually } from '../support/eventually.js';
import { ended, readMetrics, sum } from '../support/metrics.js';
import { ServiceProcess } from '../support/service-process.js';

let service: ServiceProcess;
let client: DocumentsClient;

beforeAll(async () => {
  service = await ServiceProcess.start();
  client = new DocumentsClient(service.url);
});

afterAll(async () => {
  await service?.dispose();
});

describe('the routes of the status', () => {
  it.each(['/livez', '/readyz', '/startupz', '/health', '/metrics', '/status.json'])(
    '%s answers 200',
    async (path) => {
      const response = await fetch(service.url + path);
      await response.body?.cancel();
      expect(response.status).toBe(200);
    },
  );

  it('/health names the three resources', async () => {
    const { body } = await client.json<{ details: object }>('/health');
    expect(Object.keys(body.details)).toEqual(
      expect.arrayContaining(['cache', 'database', 'storage']),
    );
  });

  it('every attempt ended in exactly one way', async () => {
    await useTheService();
    await breakOffAnUpload();
    await expectEveryAttemptEnded(service.url);
  });

  it('counts each call of a user once: an upload is one put, a broken-off one a cancelled put', async () => {
    const before = ended(await readMetrics(service.url), 'storage', 'put');
    await client.upload({ name: 'counted.txt', content: 'counted' });
    await client.upload({ name: 'counted too.txt', content: 'counted' });
    await breakOffAnUpload();
    await eventually(async () => {
      const after = ended(await readMetrics(service.url), 'storage', 'put');
      expect(after.success - before.success).toBe(2);
      expect(after.cancelled - before.cancelled).toBe(1);
      expect(after.failure).toBe(before.failure);
    });
  });

  it('counts hits and misses of the cache', async () => {
    const { body } = await client.upload({ name: 'cached.txt', content: 'cached' });
    const before = await cacheRequests();
    await client.json(`/documents/${body.id}`);
    await client.json(`/documents/${body.id}`);
    await client.json(`/documents/${body.id}`);
    const after = await cacheRequests();
    expect({ hit: after.hit - before.hit, miss: after.miss - before.miss }).toEqual({
      hit: 2,
      miss: 1,
    });
  });
});

async function useTheService(): Promise<void> {
  const { body } = await client.upload({ name: 'used.txt', content: 'used' });
  await client.json(`/documents/${body.id}`);
  await client.json('/documents');
  await client.download(body.id);
  await client.json(`/documents/${body.id}`, { method: 'DELETE' });
  await client.json(`/documents/${body.id}`);
}

async function breakOffAnUpload(): Promise<void> {
  const upload = client.beginUpload();
  upload.on('error', () => undefined);
  upload.write(`${formHead('broken.bin')}some bytes`);
  await sleep(100);
  upload.destroy();
}

async function cacheRequests(): Promise<{ hit: number; miss: number }> {
  const metrics = await readMetrics(service.url);
  const count = (result: string): number =>
    sum(
      metrics.filter(
        ({ name, labels }) =>
          name === 'mainstay_cache_requests_total' && labels['result'] === result,
      ),
    );
  return { hit: count('hit'), miss: count('miss') };
}
