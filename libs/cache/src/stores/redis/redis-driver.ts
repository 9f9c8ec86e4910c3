/** What is used of a client of node-redis; its own types would make an optional package part of ours. */
export interface RedisClient {
  connect(): Promise<unknown>;
  sendCommand(args: readonly string[]): Promise<unknown>;
  subscribe(channel: string, listener: (message: string) => void): Promise<unknown>;
  /** Ends the connection now; rejects what waits for a reply. */
  destroy(): void;
  on(event: 'error', listener: (error: Error) => void): unknown;
  on(event: 'connect', listener: () => void): unknown;
}

/** How a client connects. */
export interface RedisSocketSettings {
  readonly host: string;
  readonly port: number;
  readonly connectTimeout: number;
  readonly reconnectStrategy: false;
}

/** How a client is made. */
export interface RedisClientSettings {
  readonly socket: RedisSocketSettings & ({ readonly tls: true } | { readonly tls: false });
  readonly username?: string;
  readonly password?: string;
  readonly database: number;
  readonly RESP: 3;
  readonly disableOfflineQueue: true;
  readonly maintNotifications: 'disabled';
  readonly commandOptions: { readonly timeout: 0 };
}

/** The package `redis`, as far as it is used. */
export interface RedisDriver {
  createClient(settings: RedisClientSettings): RedisClient;
}
