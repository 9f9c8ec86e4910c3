import { rename } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DocumentsClient, type DocumentView } from '../support/documents-client.js';
import { eventually } from '../support/eventually.js';
import { expectUnavailable } from '../support/problem.js';
import { ServiceProcess } from '../support/service-process.js';

let service: ServiceProcess;
let client: DocumentsClient;
let document: DocumentView;

beforeAll(async () => {
  service = await ServiceProcess.start({ env: { STATUS_PROBE_INTERVAL: '300ms' } });
  client = new DocumentsClient(service.url);
  const { body } = await client.upload({ name: 'kept.txt', type: 'text/plain', content: 'kept' });
  document = body;
});

afterAll(async () => {
  await service?.dispose();
});

describe('while the folder of the storage is away', () => {
  beforeAll(async () => {
    await rename(service.storageDirectory, `${service.storageDirectory}.away`);
  });

  it('uploads and downloads are answered 503 with a time to try again', async () => {
    expectUnavailable(await client.upload({ name: 'a.txt', content: 'a' }), '/documents');
    const path = document.links.content;
    expectUnavailable(await client.json(path), path);
  });

  it('documents are still listed and shown, and no half of an upload is among them', async () => {
    const { status, body } = await client.json<{ documents: unknown[] }>('/documents');
    expect(status).toBe(200);
    expect(body.documents).toEqual([document]);
    expect((await client.json(document.links.self)).status).toBe(200);
  });

  it('the service stays alive and ready, and its health says what is wrong', async () => {
    expect((await client.json('/livez')).status).toBe(200);
    expect((await client.json('/readyz')).status).toBe(200);
    await eventually(async () => {
      const { body } = await client.json<{ details: { storage: { status: string } } }>('/health');
      expect(body.details.storage.status).not.toBe('up');
    }, 15_000);
  });
});

describe('when the folder of the storage is back', () => {
  beforeAll(async () => {
    await rename(`${service.storageDirectory}.away`, service.storageDirectory);
  });

  it('uploads and downloads work again by themselves', async () => {
    await eventually(async () => {
      const { status } = await client.upload({ name: 'after.txt', content: 'after' });
      expect(status).toBe(201);
    }, 10_000);
    expect(await client.download(document.id)).toMatchObject({ sha256: document.sha256 });
  });
});
