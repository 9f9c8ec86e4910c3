import { PostgresServer } from './postgres-server.js';
import { RedisServer } from './redis-server.js';
import { TcpProxy } from './tcp-proxy.js';

/** A server that clients can reach directly, or through a network with faults. */
export class ServerBehindProxy {
  readonly server: RedisServer | PostgresServer;
  readonly proxy: TcpProxy;

  private constructor(server: RedisServer | PostgresServer, proxy: TcpProxy) {
    this.server = server;
    this.proxy = proxy;
  }

  static async redis(): Promise<ServerBehindProxy> {
    return ServerBehindProxy.#of(await RedisServer.start());
  }

  static async postgres(): Promise<ServerBehindProxy> {
    return ServerBehindProxy.#of(await PostgresServer.start());
  }

  static async #of(server: RedisServer | PostgresServer): Promise<ServerBehindProxy> {
    return new ServerBehindProxy(server, await TcpProxy.start(server.port));
  }

  /** The URL that leads straight to the server. */
  get url(): string {
    return this.server.url;
  }

  /** The URL that leads through the proxy. */
  get proxiedUrl(): string {
    const url = new URL(this.server.url);
    url.port = String(this.proxy.port);
    return url.href;
  }

  async dispose(): Promise<void> {
    await Promise.all([this.proxy.dispose(), this.server.dispose()]);
  }
}
