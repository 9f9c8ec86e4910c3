import { randomBytes } from 'node:crypto';
import { createConnection } from 'mysql2/promise';
import { BorrowedServer } from './borrowed-server.js';

/** Makes a database of its own on a running MariaDB or MySQL, whose user must be allowed to. */
export async function borrowMariadb(
  running: string,
): Promise<{ url: string; control: BorrowedServer }> {
  const database = `mainstay_tests_${randomBytes(6).toString('hex')}`;
  await execute(running, `CREATE DATABASE ${database}`);
  const control = new BorrowedServer('TEST_MARIADB_URL', () =>
    execute(running, `DROP DATABASE ${database}`),
  );
  const url = new URL(running);
  url.pathname = `/${database}`;
  return { url: url.href, control };
}

async function execute(uri: string, statement: string): Promise<void> {
  const connection = await createConnection(uri);
  try {
    await connection.query(statement);
  } finally {
    await connection.end();
  }
}
