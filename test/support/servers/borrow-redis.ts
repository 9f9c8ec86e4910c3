import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { createClient } from 'redis';
import { BorrowedServer } from './borrowed-server.js';

const DATABASES = 16;
const LEASE_SECONDS = 900;
const WAIT_MS = 60_000;
const POLL_MS = 100;

/**
 * Leases one database of a running Redis, empty. Database 0 is not leased out: it holds the leases, which keep tests
 * that run at the same time apart.
 */
export async function borrowRedis(url: string): Promise<{ url: string; control: BorrowedServer }> {
  const leases = await connect(databaseUrl(url, 0));
  const holder = randomUUID();
  const database = await lease(leases, holder);
  await emptyDatabase(databaseUrl(url, database));
  const control = new BorrowedServer('TEST_REDIS_URL', async () => {
    await emptyDatabase(databaseUrl(url, database));
    if ((await leases.get(leaseKey(database))) === holder) await leases.del(leaseKey(database));
    await leases.close();
  });
  return { url: databaseUrl(url, database), control };
}

async function lease(leases: RedisConnection, holder: string): Promise<number> {
  for (const end = performance.now() + WAIT_MS; performance.now() < end;) {
    for (let database = 1; database < DATABASES; database++) {
      const options = {
        condition: 'NX',
        expiration: { type: 'EX', value: LEASE_SECONDS },
      } as const;
      if ((await leases.set(leaseKey(database), holder, options)) !== null) return database;
    }
    await sleep(POLL_MS);
  }
  throw new Error('All databases of the server of TEST_REDIS_URL are leased to other tests.');
}

async function connect(url: string) {
  const client = createClient({ url });
  client.on('error', () => undefined); // the commands fail with it
  await client.connect();
  return client;
}

type RedisConnection = Awaited<ReturnType<typeof connect>>;

async function emptyDatabase(url: string): Promise<void> {
  const client = await connect(url);
  await client.flushDb();
  await client.close();
}

function leaseKey(database: number): string {
  return `mainstay-tests:database:${database}`;
}

function databaseUrl(url: string, database: number): string {
  const result = new URL(url);
  result.pathname = `/${database}`;
  return result.href;
}
