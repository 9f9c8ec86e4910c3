import type { ProbeResult } from 'nestjs-mainstay/resource';
import { DatabasePoolTimeoutError } from '../errors/connection.errors.js';
import { sqliteCode } from './native-sqlite.js';
import type { SqliteGate } from './sqlite-gate.js';
import { commitNothing } from './sqlite-setup.js';
import { SqliteSession } from './sqlite-session.js';

/** How long a probe waits for its turn to write, in milliseconds. */
const PROBE_WAIT_MS = 500;

/**
 * Reads and writes through the connection in use. A connection that a transaction holds all the time is busy, not broken:
 * the write counts as working then, and `write` says `saturated`.
 * @throws what the read fails with: the database is down as a whole
 */
export async function probeSqlite(gate: SqliteGate, signal: AbortSignal): Promise<ProbeResult> {
  const { clock } = gate;
  const startedAt = clock.now();
  // A read changes nothing in whoever's transaction; it need not wait its turn.
  gate.connection(false).execute('SELECT count(*) FROM sqlite_master');
  const readMs = clock.now() - startedAt;
  const { heldMs, waiting } = gate;
  const write = await probeWrite(gate, signal);
  return {
    capabilities: { read: true, write: write === 'works' || write === 'saturated' },
    details: { readMs, waiting, heldMs: heldMs ?? 0, write },
  };
}

/** @returns `'works'`, `'saturated'`, or the code of what it failed with */
async function probeWrite(gate: SqliteGate, signal: AbortSignal): Promise<string> {
  try {
    await new SqliteSession(gate, false).run(commitNothing, { timeoutMs: PROBE_WAIT_MS, signal });
    return 'works';
  } catch (error) {
    if (error instanceof DatabasePoolTimeoutError) return 'saturated';
    signal.throwIfAborted();
    return sqliteCode(error) ?? (error as Error).name;
  }
}
