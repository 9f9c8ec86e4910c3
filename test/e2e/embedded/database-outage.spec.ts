import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import Database from 'libsql';
import { afterEach, describe, expect, it } from 'vitest';
import { DocumentsClient } from '../../support/documents-client.js';
import { eventually } from '../../support/eventually.js';
import { expectUnavailable } from '../../support/problem.js';
import { ServiceProcess } from '../../support/service-process.js';

let service: ServiceProcess;

afterEach(async () => {
  await service?.dispose();
});

describe('when the database is away at the start', () => {
  it('the service starts without it, answers 503, and works by itself once it is there', async () => {
    service = await ServiceProcess.create({
      env: { DATABASE_URL: 'sqlite:./blocked/rows.sqlite' },
    });
    const client = new DocumentsClient(service.url);
    const obstacle = join(service.dataDirectory, 'blocked');
    await writeFile(obstacle, 'a file where the directory should be');
    await service.listen();
    expectUnavailable(await client.json('/documents'), '/documents');
    expectUnavailable(await client.upload({ name: 'a.txt', content: 'a' }), '/documents');
    expect((await client.json('/readyz')).status).toBe(200);
    await rm(obstacle);
    await eventually(async () => {
      const { status } = await client.json('/documents');
      expect(status).toBe(200);
    }, 5_000);
    expect((await client.upload({ name: 'b.txt', content: 'b' })).status).toBe(201);
  });
});

describe('when another process holds the database', () => {
  it('an upload is answered 503 and leaves nothing, and the cached answers go on', async () => {
    service = await ServiceProcess.start({ env: { DATABASE_ACQUIRE_TIMEOUT: '200ms' } });
    const client = new DocumentsClient(service.url);
    const { body: document } = await client.upload({ name: 'kept.txt', content: 'kept' });
    await client.json(document.links.self);
    const contents = await readdir(join(service.storageDirectory, 'documents'));
    const holder = new Database(join(service.dataDirectory, 'documents.sqlite'));
    try {
      holder.exec('BEGIN IMMEDIATE');
      expectUnavailable(await client.upload({ name: 'a.txt', content: 'a' }), '/documents');
      expect(await readdir(join(service.storageDirectory, 'documents'))).toEqual(contents);
      expect((await client.json(document.links.self)).headers.get('x-cache')).toBe('hit');
      holder.exec('ROLLBACK');
    } finally {
      holder.close();
    }
    expect((await client.upload({ name: 'b.txt', content: 'b' })).status).toBe(201);
  });
});
