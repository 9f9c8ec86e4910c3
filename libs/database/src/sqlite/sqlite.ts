import type { EngineDefinition } from '../engine/database-engine.js';
import { loadSqliteEngine, toTypeormDriver } from './sqlite-driver.js';
import { SqliteDatabaseEngine } from './sqlite-engine.js';
import { parseSqliteUrl } from './sqlite-url.js';

/** SQLite: embedded, one connection. */
export const sqlite: EngineDefinition = {
  system: 'sqlite',

  findUrlProblem(url) {
    if (parseSqliteUrl(url) !== undefined) return undefined;
    return 'must name a file on this machine after the scheme, or :memory:';
  },

  async load(environment) {
    const driver = toTypeormDriver(await loadSqliteEngine());
    const path = parseSqliteUrl(environment.config.url) as string;
    return {
      options: {
        type: 'better-sqlite3',
        database: path,
        driver,
        // The connection keeps its own prepared statements: query runners live for one statement only.
        statementCacheSize: 0,
      },
      create: (host) => new SqliteDatabaseEngine(host, environment, { path, Connection: driver }),
    };
  },
};
