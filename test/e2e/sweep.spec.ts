import { randomUUID } from 'node:crypto';
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DocumentsClient, type DocumentView } from '../support/documents-client.js';
import { eventually } from '../support/eventually.js';
import { ServiceProcess } from '../support/service-process.js';

let service: ServiceProcess;
let client: DocumentsClient;
let documents: readonly DocumentView[];

beforeAll(async () => {
  service = await ServiceProcess.start();
  client = new DocumentsClient(service.url);
  await swept();
  const uploaded: DocumentView[] = [];
  for (const name of ['one', 'two', 'three']) {
    uploaded.push((await client.upload({ name, content: name })).body);
  }
  documents = uploaded;
});

afterAll(async () => {
  await service?.dispose();
});

/** Restarts the service, whose data `change` changes meanwhile. */
async function restart(change: () => Promise<void>): Promise<void> {
  await service.stop();
  await change();
  await service.run();
  await swept();
}

async function swept(): Promise<void> {
  await eventually(() => expect(service.output).toContain('Swept in'), 20_000);
}

function pathOf(folder: 'documents' | 'orphans', id: string): string {
  return join(service.storageDirectory, folder, id);
}

async function listedIds(): Promise<string[]> {
  const { body } = await client.json<{ documents: DocumentView[] }>('/documents');
  return body.documents.map(({ id }) => id).sort();
}

const allIds = (): string[] => documents.map(({ id }) => id).sort();

describe('after a restart', () => {
  it('a document whose content is missing is set aside, and is back when the content is', async () => {
    const [{ id, links }] = documents as [DocumentView];
    const elsewhere = join(service.dataDirectory, 'elsewhere');
    await restart(() => rename(pathOf('documents', id), elsewhere));
    expect(service.output).toContain(`The content of document ${id} is missing`);
    expect(await listedIds()).toEqual(allIds().filter((other) => other !== id));
    expect((await client.json(links.self)).status).toBe(404);
    await restart(() => rename(elsewhere, pathOf('documents', id)));
    expect(await listedIds()).toEqual(allIds());
    expect((await client.json(links.self)).body).toEqual(documents[0]);
    expect(await client.download(id)).toMatchObject({ sha256: documents[0]?.sha256 });
  });

  it('a content that belongs to no document is set aside', async () => {
    const id = randomUUID();
    await restart(() => writeFile(pathOf('documents', id), 'whose is this?'));
    expect(service.output).toContain(`The content ${id} belongs to no document`);
    expect(await readdir(join(service.storageDirectory, 'documents'))).not.toContain(id);
    expect(await readdir(join(service.storageDirectory, 'orphans'))).toEqual([id]);
  });

  it('nothing is touched when all contents are missing: the storage is another one, or not mounted', async () => {
    const folder = join(service.storageDirectory, 'documents');
    await restart(async () => {
      await rename(folder, `${folder}.away`);
      await mkdir(folder);
    });
    expect(service.output).toContain('do not seem to belong together: 0 documents have a content');
    expect(await listedIds()).toEqual(allIds());
    await restart(async () => {
      await rm(folder, { recursive: true });
      await rename(`${folder}.away`, folder);
    });
    for (const { id, sha256 } of documents)
      expect(await client.download(id)).toMatchObject({ sha256 });
  });

  it('the content of a document is removed that was deleted while the storage was away', async () => {
    const { id, links } = documents[2] as DocumentView;
    await rename(service.storageDirectory, `${service.storageDirectory}.away`);
    expect((await client.json(links.self, { method: 'DELETE' })).status).toBe(204);
    await restart(() => rename(`${service.storageDirectory}.away`, service.storageDirectory));
    expect(service.output).toContain('; 1 unfinished contents removed');
    expect(await readdir(join(service.storageDirectory, 'documents'))).not.toContain(id);
  });
});
