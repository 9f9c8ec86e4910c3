import { join } from 'node:path';
import Database from 'libsql';
import { afterEach, expect, it } from 'vitest';
import { DocumentsClient } from '../../support/documents-client.js';
import { ServiceProcess } from '../../support/service-process.js';

let service: ServiceProcess | undefined;

afterEach(async () => {
  await service?.dispose();
});

/** Takes the database back to what the first migration made. */
function downgrade(file: string): void {
  const database = new Database(file);
  try {
    database.exec('DROP TABLE pending_contents; DROP TABLE lost_documents');
    database.exec("DELETE FROM migrations WHERE name <> 'CreateDocuments1764000000000'");
  } finally {
    database.close();
  }
}

it('a database of the first version is brought up to date at the start, with its documents', async () => {
  service = await ServiceProcess.start();
  const client = new DocumentsClient(service.url);
  const { body: old } = await client.upload({ name: 'old.txt', content: 'old' });
  await service.stop();
  downgrade(join(service.dataDirectory, 'documents.sqlite'));
  await service.run();
  expect((await client.json(old.links.self)).body).toEqual(old);
  expect((await client.upload({ name: 'new.txt', content: 'new' })).status).toBe(201);
  expect((await client.json(old.links.self, { method: 'DELETE' })).status).toBe(204);
});
