import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { DocumentsClient, formHead } from '../support/documents-client.js';
import { eventually } from '../support/eventually.js';
import { ended, failed, readMetrics, type OperationCalls } from '../support/metrics.js';
import { RandomContent } from '../support/random-content.js';
import { ServiceProcess } from '../support/service-process.js';

const MIB = 1_048_576;

let service: ServiceProcess;
let client: DocumentsClient;
let before: readonly string[];

beforeAll(async () => {
  service = await ServiceProcess.start({
    // No background probes: they write a file for a moment.
    env: { DOCUMENTS_MAX_BYTES: '8MiB', STATUS_PROBE_INTERVAL: '1h' },
  });
  client = new DocumentsClient(service.url);
  // Then the storage is there, with its own files.
  await eventually(() => expect(service.output).toContain('Swept in'), 20_000);
});

afterAll(async () => {
  await service?.dispose();
});

beforeEach(async () => {
  before = await storedFiles();
});

async function storedFiles(): Promise<string[]> {
  const entries = await readdir(service.storageDirectory, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => entry.name)
    .sort();
}

async function expectNothingLeft(): Promise<void> {
  await eventually(async () => expect(await storedFiles()).toEqual(before));
  const { body } = await client.json<{ documents: unknown[] }>('/documents');
  expect(body.documents).toEqual([]);
}

/** How puts ended so far. */
async function puts(): Promise<OperationCalls> {
  return ended(await readMetrics(service.url), 'storage', 'put');
}

describe('an upload that does not come to its end leaves nothing behind', () => {
  it('when the client goes away in the middle of the file, which is no failure of the storage', async () => {
    const earlier = await puts();
    const upload = client.beginUpload();
    upload.on('error', () => undefined);
    upload.write(formHead('gone.bin'));
    for await (const chunk of new RandomContent(4 * MIB)) upload.write(chunk);
    await eventually(async () =>
      expect((await storedFiles()).length).toBeGreaterThan(before.length),
    );
    upload.destroy();
    await expectNothingLeft();
    expect(await puts()).toEqual({ ...earlier, cancelled: earlier.cancelled + 1 });
    expect(failed(await readMetrics(service.url))).toEqual([]);
  });

  it('when the client sends less than it said', async () => {
    const upload = client.beginUpload({ 'content-length': 5 * MIB });
    upload.on('error', () => undefined);
    upload.write(formHead('short.bin'));
    for await (const chunk of new RandomContent(MIB)) upload.write(chunk);
    await sleep(50);
    upload.socket?.end();
    await once(upload, 'close');
    await expectNothingLeft();
  });

  it('when the form ends before the file does', async () => {
    const upload = client.beginUpload();
    const answered = once(upload, 'response');
    upload.end(`${formHead('truncated.bin')}half of it`);
    const [response] = (await answered) as [{ statusCode: number; resume(): void }];
    response.resume();
    expect(response.statusCode).toBe(400);
    await expectNothingLeft();
  });

  it('when the file is too large, of a length that was not told before', async () => {
    const { status } = await client.uploadStream('large.bin', new RandomContent(9 * MIB));
    expect(status).toBe(413);
    await expectNothingLeft();
  });

  it('when a second file follows', async () => {
    const form = new FormData();
    form.append('file', new File(['one'], 'one.txt'));
    form.append('file', new File(['two'], 'two.txt'));
    const { status } = await client.json('/documents', { method: 'POST', body: form });
    expect(status).toBe(400);
    await expectNothingLeft();
  });

  it('neither files nor notes, so that a restart finds nothing to remove', async () => {
    await service.stop();
    await service.run();
    await eventually(() => expect(service.output).toContain('; 0 unfinished contents removed'));
    await expectNothingLeft();
  });

  it('when the process is killed in the middle', async () => {
    const upload = client.beginUpload();
    upload.on('error', () => undefined);
    upload.write(formHead('killed.bin'));
    for await (const chunk of new RandomContent(4 * MIB)) upload.write(chunk);
    await eventually(async () =>
      expect((await storedFiles()).length).toBeGreaterThan(before.length),
    );
    await service.kill9();
    await service.run();
    await eventually(() => expect(service.output).toContain('; 1 unfinished contents removed'));
    await expectNothingLeft();
  });
});
