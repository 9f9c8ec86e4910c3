import { PostgresServer } from '../servers/postgres-server.js';
import { RedisServer } from '../servers/redis-server.js';
import type { EngineVariables, ServiceEngines } from './service-engines.js';

/** A Redis and a PostgreSQL of the service's own. */
export class ServerEngines implements ServiceEngines {
  readonly env: EngineVariables;
  readonly #servers: readonly (RedisServer | PostgresServer)[];

  private constructor(redis?: RedisServer, postgres?: PostgresServer) {
    this.env = {
      ...(redis && { CACHE_URL: redis.url }),
      ...(postgres && { DATABASE_URL: postgres.url }),
    };
    this.#servers = [redis, postgres].filter((server) => server !== undefined);
  }

  /** Starts those that are not given. */
  static async start(given: Readonly<Record<string, string | undefined>>): Promise<ServerEngines> {
    const [redis, postgres] = await Promise.all([
      'CACHE_URL' in given ? undefined : RedisServer.start(),
      'DATABASE_URL' in given ? undefined : PostgresServer.start(),
    ]);
    return new ServerEngines(redis, postgres);
  }

  async dispose(): Promise<void> {
    await Promise.all(this.#servers.map((server) => server.dispose()));
  }
}
