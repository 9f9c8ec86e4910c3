import { createConnection } from 'mysql2/promise';

const ANSWER_TIMEOUT_MS = 1_000;

/** Whether a MariaDB takes connections and answers queries. */
export async function pingMariadb(uri: string): Promise<boolean> {
  try {
    const connection = await createConnection({ uri, connectTimeout: ANSWER_TIMEOUT_MS });
    connection.on('error', () => undefined); // it breaks while it ends
    await connection.query({ sql: 'SELECT 1', timeout: ANSWER_TIMEOUT_MS });
    connection.destroy();
    return true;
  } catch {
    return false; // not yet
  }
}
