import { Client } from 'pg';
import { createClient } from 'redis';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { DocumentsClient, type DocumentView } from '../../support/documents-client.js';
import { PostgresServer } from '../../support/servers/postgres-server.js';
import { RedisServer } from '../../support/servers/redis-server.js';
import { ServiceProcess } from '../../support/service-process.js';

let redis: RedisServer;
let postgres: PostgresServer;
let service: ServiceProcess;
let document: DocumentView;

beforeAll(async () => {
  [redis, postgres] = await Promise.all([RedisServer.start(), PostgresServer.start()]);
  const env = { CACHE_URL: redis.url, DATABASE_URL: postgres.url };
  service = await ServiceProcess.start({ env });
  const client = new DocumentsClient(service.url);
  const { body } = await client.upload({ name: 'kept.txt', content: 'kept' });
  document = body;
  await client.json(document.links.self);
});

afterAll(async () => {
  await service?.dispose();
  await Promise.all([redis?.dispose(), postgres?.dispose()]);
});

it('the row of a document is in PostgreSQL', async () => {
  const client = new Client({ connectionString: postgres.url });
  await client.connect();
  try {
    const { rows } = await client.query('SELECT id, name FROM documents');
    expect(rows).toEqual([{ id: document.id, name: 'kept.txt' }]);
  } finally {
    await client.end();
  }
});

it('the description of a document is in Redis', async () => {
  const client = createClient({ url: redis.url });
  await client.connect();
  try {
    const keys = await client.keys(`*${document.id}*`);
    expect(keys).toHaveLength(1);
    expect(await client.ttl(keys[0] ?? '')).toBeGreaterThan(0);
  } finally {
    client.destroy();
  }
});

it('no password of theirs is in what the service writes and answers', async () => {
  const { password } = new URL(postgres.url);
  const answers = await Promise.all(
    ['/health', '/status.json', '/metrics', '/readyz'].map(async (path) =>
      (await fetch(service.url + path)).text(),
    ),
  );
  expect(password).not.toBe('');
  expect([service.output, ...answers].join('\n')).not.toContain(password);
});
