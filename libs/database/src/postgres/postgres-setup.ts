import { randomUUID } from 'node:crypto';
import { DatabaseConfigurationError } from '../errors/connection.errors.js';
import type { PostgresClient } from './postgres-client.js';
import type { SessionSettings } from './postgres-settings.js';

/** What TypeORM wants to know of a server. */
export interface PostgresServerFacts {
  readonly version: string;
  readonly database: string;
  readonly schema: string;
}

/** Asks a server who it is. */
export async function identifyServer(client: PostgresClient): Promise<PostgresServerFacts> {
  const { rows } = await client.query<PostgresServerFacts>(
    `SELECT current_setting('server_version') AS version, current_database() AS database,
            coalesce(current_schema(), 'public') AS schema`,
  );
  const facts = rows[0] as PostgresServerFacts;
  // "15.7 (Debian 15.7-0+deb12u1)"
  return { ...facts, version: facts.version.replace(/ .*$/, '') };
}

/**
 * Checks that a session has the deadlines that were asked for: something between may have taken them out.
 * @throws DatabaseConfigurationError
 */
export async function checkSession(
  client: PostgresClient,
  settings: SessionSettings,
  dataSource: string,
): Promise<void> {
  for (const [name, expected] of Object.entries(settings)) {
    const { rows } = await client.query<{ setting: string }>(
      'SELECT setting FROM pg_settings WHERE name = $1',
      [name],
    );
    const found = rows[0]?.setting;
    if (found === String(expected)) continue;
    throw new DatabaseConfigurationError(
      dataSource,
      `the server works with ${name} = ${String(found)} instead of ${String(expected)}. ` +
        'If a pooler stands between, let it pass the parameters of the session on.',
    );
  }
}

/**
 * Writes a row into a table of its own, reads it back and deletes it, all rolled back; then commits something real.
 * @throws DatabaseConfigurationError
 */
export async function testWriting(client: PostgresClient, dataSource: string): Promise<void> {
  const token = randomUUID();
  await client.query('BEGIN');
  await client.query('CREATE TEMPORARY TABLE mainstay_sentinel (token text NOT NULL)');
  await client.query('INSERT INTO mainstay_sentinel (token) VALUES ($1)', [token]);
  const { rows } = await client.query<{ token: string }>('SELECT token FROM mainstay_sentinel');
  const { rowCount } = await client.query('DELETE FROM mainstay_sentinel');
  await client.query('ROLLBACK');
  if (rows[0]?.token !== token || rowCount !== 1) {
    throw new DatabaseConfigurationError(dataSource, 'a row that was written did not come back.');
  }
  await commitNothing(client);
}

/** Commits a write that changes nothing: a message that nobody reads. It reaches the disk. */
export async function commitNothing(client: PostgresClient): Promise<void> {
  await client.query("SELECT pg_logical_emit_message(true, 'mainstay', '')");
}
