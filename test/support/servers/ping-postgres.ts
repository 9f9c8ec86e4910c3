import { Client } from 'pg';

const ANSWER_TIMEOUT_MS = 1_000;

/** Whether a PostgreSQL takes connections and answers queries. */
export async function pingPostgres(url: string): Promise<boolean> {
  const client = new Client({
    connectionString: url,
    connectionTimeoutMillis: ANSWER_TIMEOUT_MS,
    query_timeout: ANSWER_TIMEOUT_MS,
  });
  client.on('error', () => undefined); // a connection that breaks while it ends
  try {
    await client.connect();
    await client.query('SELECT 1');
    await client.end();
    return true;
  } catch {
    return false; // not yet
  }
}
