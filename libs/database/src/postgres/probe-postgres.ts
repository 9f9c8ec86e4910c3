import type { Clock } from 'nestjs-mainstay/common';
import { sqlStateOf } from 'nestjs-mainstay/resilience';
import type { ProbeResult } from 'nestjs-mainstay/resource';
import type { PostgresClient } from './postgres-client.js';
import type { PostgresGate } from './postgres-gate.js';
import { commitNothing } from './postgres-setup.js';

/**
 * Reads and writes on a connection of its own, which never waits for those of the pool. A pool that is used up makes the
 * database degraded, not down: `pool` says so.
 * @throws what the read fails with: the database is down as a whole
 */
export async function probePostgres(
  client: PostgresClient,
  { pool }: PostgresGate,
  clock: Clock,
): Promise<ProbeResult> {
  const startedAt = clock.now();
  const isWritable = await readWhetherWritable(client);
  const readMs = clock.now() - startedAt;
  const write = isWritable ? await probeWrite(client) : 'read-only';
  const gauges = pool?.gauges;
  const isSaturated = gauges !== undefined && gauges.used >= gauges.max && gauges.waiting > 0;
  return {
    capabilities: { read: true, write: write === 'works', pool: !isSaturated },
    details: { readMs, write, ...gauges, longestHeldMs: pool?.longestHeldMs ?? 0 },
  };
}

async function readWhetherWritable(client: PostgresClient): Promise<boolean> {
  const { rows } = await client.query<{ writable: boolean }>(
    "SELECT NOT pg_is_in_recovery() AND current_setting('transaction_read_only') = 'off' AS writable",
  );
  return rows[0]?.writable === true;
}

/** @returns `'works'`, or the code of what it failed with */
async function probeWrite(client: PostgresClient): Promise<string> {
  try {
    await commitNothing(client);
    return 'works';
  } catch (error) {
    const sqlState = sqlStateOf(error);
    if (sqlState === undefined) throw error;
    return sqlState;
  }
}
