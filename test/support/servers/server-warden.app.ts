import { writeSync } from 'node:fs';
import { Client } from 'pg';
import { PostgresServer } from './postgres-server.js';
import { RedisServer } from './redis-server.js';

/** Starts servers, freezes one of each, tells where they are, and waits to be killed. */
const redis = [await RedisServer.start(), await RedisServer.start()];
const postgres = [await PostgresServer.start(), await PostgresServer.start()];
const directories = await Promise.all(postgres.map(({ adminUrl }) => directoryOf(adminUrl)));
redis[0]?.stop();
postgres[0]?.stop();
const ports = [...redis, ...postgres].map(({ port }) => port);
writeSync(1, `${JSON.stringify({ ports, directories })}\n`);
setInterval(() => undefined, 60_000);

async function directoryOf(url: string): Promise<string> {
  const client = new Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query<{ data_directory: string }>('SHOW data_directory');
  await client.end();
  return rows[0]?.data_directory ?? '';
}
