import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import { BorrowedServer } from './borrowed-server.js';

/** Makes a database of its own on a running PostgreSQL, whose user must be allowed to. */
export async function borrowPostgres(
  running: string,
): Promise<{ url: string; control: BorrowedServer }> {
  const database = `mainstay_tests_${randomBytes(6).toString('hex')}`;
  await execute(running, `CREATE DATABASE ${database}`);
  const control = new BorrowedServer('TEST_POSTGRES_URL', () =>
    execute(running, `DROP DATABASE ${database} WITH (FORCE)`),
  );
  const url = new URL(running);
  url.pathname = `/${database}`;
  return { url: url.href, control };
}

async function execute(url: string, statement: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
