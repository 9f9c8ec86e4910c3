import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { redactError, type Clock } from 'nestjs-mainstay/common';
import { IdleConnections } from '../shutdown/idle-connections.js';
import { ManagementPortError } from '../status.errors.js';
import { ManagementAdapter } from './management-adapter.js';
import type { ManagementRoutes } from './management-routes.js';

/** How long requests in flight may hold the closing, in milliseconds. */
const CLOSE_TIMEOUT_MS = 1_000;

/** Where the management port listens; without a host on all interfaces. */
export interface ManagementAddress {
  readonly port: number;
  readonly host: string | undefined;
}

/**
 * A server of its own for the routes of StatusModule: it listens before the application does, and after it has closed.
 * Background work: it does not keep the process alive.
 */
export class ManagementServer implements OnModuleInit, OnApplicationShutdown {
  readonly #logger = new Logger('ManagementServer');
  readonly #clock: Clock;
  readonly #address: ManagementAddress | undefined;
  readonly #routes: ManagementRoutes;
  #server: Server | undefined;

  /** @param address `undefined` for no such server */
  constructor(clock: Clock, address: ManagementAddress | undefined, routes: ManagementRoutes) {
    this.#clock = clock;
    this.#address = address;
    this.#routes = routes;
  }

  /**
   * Begins to listen.
   * @throws {@link ManagementPortError} when it cannot @internal
   */
  async onModuleInit(): Promise<void> {
    if (!this.#address) return;
    const { port, host } = this.#address;
    const adapter = new ManagementAdapter();
    this.#routes.register(adapter);
    const server = createServer((request, response) => adapter.handle(request, response));
    server.unref();
    server.listen(port, host);
    try {
      await once(server, 'listening');
    } catch (error) {
      throw new ManagementPortError(port, host, error);
    }
    // What cannot be accepted (no descriptors are left) is no reason to end the process, as an error unheard would.
    server.on('error', (error) => {
      this.#logger.error(`A connection cannot be accepted: ${redactError(error).message}`);
    });
    this.#server = server;
    const { port: got } = server.address() as AddressInfo;
    this.#logger.log(`The status routes listen on ${host ?? 'all interfaces'}, port ${got}`);
  }

  /** Ends requests in flight, at the latest after a second. @internal */
  async onApplicationShutdown(): Promise<void> {
    const server = this.#server;
    if (!server) return;
    this.#server = undefined;
    const closed = once(server, 'close');
    const idle = new IdleConnections(server, this.#clock);
    const deadline = this.#clock.schedule(() => server.closeAllConnections(), CLOSE_TIMEOUT_MS);
    server.close();
    idle.startClosing();
    await closed;
    idle.stop();
    deadline.cancel();
  }
}
