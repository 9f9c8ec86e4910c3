import { importPeer, MissingPeerError } from 'nestjs-mainstay/common';
import type { NativeEngine } from './native-sqlite.js';
import { SqliteConnection } from './sqlite-connection.js';

const NEEDED_BY = 'DATABASE_URL=sqlite:…';

/**
 * Loads the engine package: `better-sqlite3` where it is installed, otherwise `libsql`.
 * @throws MissingPeerError when neither is installed
 */
export async function loadSqliteEngine(): Promise<NativeEngine> {
  try {
    return engineOf(await importPeer<EngineModule>('better-sqlite3', NEEDED_BY));
  } catch (error) {
    if (!(error instanceof MissingPeerError)) throw error;
    return engineOf(await importPeer<EngineModule>('libsql', NEEDED_BY));
  }
}

/** What TypeORM's `driver` option takes: a class that opens a connection to a path. */
export function toTypeormDriver(engine: NativeEngine): new (path: string) => SqliteConnection {
  return class extends SqliteConnection {
    constructor(path: string) {
      super(engine, path);
    }
  };
}

interface EngineModule {
  readonly default: NativeEngine;
}

/** Both packages are CommonJS and export the class itself. */
function engineOf(module: EngineModule): NativeEngine {
  return module.default;
}
