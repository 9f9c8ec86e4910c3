import { Client } from 'pg';

/** Runs one statement on a connection of its own, past the application under test. */
export async function queryPostgres<T>(url: string, sql: string): Promise<T[]> {
  const client = new Client(url);
  await client.connect();
  try {
    const { rows } = await client.query(sql);
    return rows as T[];
  } finally {
    await client.end();
  }
}
