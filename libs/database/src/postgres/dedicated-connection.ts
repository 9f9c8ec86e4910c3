import type { ClientConfig } from 'pg';
import type { PostgresClient, PostgresClientClass } from './postgres-client.js';
import { asConnectionError } from './postgres-gate.js';

/** What a connection of its own is made with. */
export interface DedicatedConnectionOptions {
  /** Name of the resource, for errors. */
  readonly dataSource: string;
  readonly Client: PostgresClientClass;
  readonly config: ClientConfig;
}

/**
 * Runs work on a connection of its own, which never waits for those in the pool, and closes it afterwards. When the
 * signal aborts, the connection is closed at once, and with it ends what runs on it.
 * @throws DatabaseConnectionError, or what the work throws
 */
export async function withDedicatedConnection<T>(
  { dataSource, Client, config }: DedicatedConnectionOptions,
  signal: AbortSignal,
  work: (client: PostgresClient) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  const client = new Client(config);
  const onAbort = (): void => client.destroy(signal.reason as Error);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    await client.connect().catch((error: unknown) => {
      throw asConnectionError(dataSource, error);
    });
    return await work(client);
  } finally {
    signal.removeEventListener('abort', onAbort);
    void client.end().catch(() => undefined);
  }
}
