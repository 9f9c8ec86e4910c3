import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  DocumentsClient,
  FORM_TAIL,
  formHead,
  type DocumentView,
} from '../support/documents-client.js';
import { RandomContent } from '../support/random-content.js';
import { ServiceProcess } from '../support/service-process.js';

const MIB = 1_048_576;

let service: ServiceProcess;
let client: DocumentsClient;

beforeEach(async () => {
  service = await ServiceProcess.start();
  client = new DocumentsClient(service.url);
});

afterEach(async () => {
  await service?.dispose();
});

describe('SIGTERM ends the service within five seconds with code 0', () => {
  it('while clients keep idle connections open', async () => {
    await Promise.all(Array.from({ length: 20 }, () => client.json('/documents')));
    expect(await service.stop()).toBeLessThan(5_000);
  });

  it('after a download in flight has been delivered whole', async () => {
    const content = new RandomContent(24 * MIB);
    const { body: document } = await client.uploadStream('slow.bin', content);
    const [response] = (await once(get(`${service.url}${document.links.content}`), 'response')) as [
      IncomingMessage,
    ];
    const hash = createHash('sha256');
    let received = 0;
    const stopped = service.stop();
    await sleep(300);
    for await (const chunk of response as AsyncIterable<Buffer>) {
      hash.update(chunk);
      received += chunk.length;
    }
    await stopped;
    expect(received).toBe(24 * MIB);
    expect(hash.digest('hex')).toBe(content.sha256());
  });

  it('after an upload in flight has been stored and answered', async () => {
    const upload = client.beginUpload();
    const answered = once(upload, 'response') as Promise<[IncomingMessage]>;
    upload.write(`${formHead('late.txt')}first half, `);
    await sleep(100);
    const stopped = service.stop();
    await sleep(300);
    upload.end(`second half${FORM_TAIL}`);
    const [response] = await answered;
    const document = JSON.parse(await text(response)) as DocumentView;
    await stopped;
    expect(response.statusCode).toBe(201);
    await service.run();
    expect(await client.download(document.id)).toMatchObject({ size: 23, sha256: document.sha256 });
  });

  it('when a client has stopped in the middle of an upload, which is then dropped', async () => {
    const upload = client.beginUpload();
    upload.on('error', () => undefined);
    upload.write(`${formHead('stalled.bin')}and then nothing`);
    await sleep(100);
    expect(await service.stop()).toBeLessThan(5_000);
    await service.run();
    expect((await client.json<{ documents: unknown[] }>('/documents')).body.documents).toEqual([]);
  });
});
