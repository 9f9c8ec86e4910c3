import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** The API of the guide: a real HTTP server that can be away, and that answers what a test tells it to. */
export class RatesServer {
  readonly requests: string[] = [];
  readonly statuses: number[] = [];
  port = 0;
  #server: Server | undefined;

  get isRunning(): boolean {
    return this.#server !== undefined;
  }

  async start(): Promise<void> {
    const server = createServer((request, response) => {
      this.requests.push(`${request.method} ${request.url}`);
      this.#answer(response);
    });
    this.#server = server.listen(this.port, '127.0.0.1');
    await once(server, 'listening');
    this.port = (server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (!server) return;
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  }

  #answer(response: ServerResponse): void {
    response.statusCode = this.statuses.shift() ?? 200;
    response.end('1.25');
  }
}
