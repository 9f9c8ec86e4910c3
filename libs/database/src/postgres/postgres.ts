import { importPeer } from 'nestjs-mainstay/common';
import type { EngineDefinition } from '../engine/database-engine.js';
import { derivePostgresClient, type Pg } from './postgres-client.js';
import { PostgresEngine } from './postgres-engine.js';
import { PostgresGate } from './postgres-gate.js';
import { derivePostgresPool } from './postgres-pool.js';
import { poolConfig } from './postgres-settings.js';
import { findPostgresUrlProblem } from './postgres-url.js';

/** PostgreSQL: a server, a pool of connections. */
export const postgres: EngineDefinition = {
  system: 'postgresql',

  findUrlProblem: findPostgresUrlProblem,

  async load({ name, config, clock }) {
    const { default: pg } = await importPeer<{ default: Pg }>('pg', 'DATABASE_URL=postgres://…');
    const Client = derivePostgresClient(pg);
    const gate = new PostgresGate({ name, clock, acquireTimeoutMs: config.acquireTimeout });
    const Pool = derivePostgresPool(pg, {
      clock,
      Client,
      connectTimeoutMs: config.connectTimeout,
      onCreated: (pool) => gate.use(pool),
      onDirty: (problem) => gate.reportDirty(problem),
    });
    return {
      options: {
        type: 'postgres',
        url: config.url,
        driver: { ...pg, Pool },
        poolSize: config.poolSize,
        poolErrorHandler: (error: unknown) => gate.reportLost(error),
        extra: poolConfig(config),
      },
      create: (host) => new PostgresEngine(host, { config, gate, Client }),
    };
  },
};
