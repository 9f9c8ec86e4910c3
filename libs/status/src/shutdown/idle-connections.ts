import type { Clock } from 'nestjs-mainstay/common';
import { Repeater } from '../repeater.js';

/** Time between two looks for idle connections, in milliseconds. */
const INTERVAL_MS = 50;

/** The part of `http.Server` that is needed to let it close. */
export interface ClosableServer {
  closeIdleConnections(): void;
}

/**
 * Closes keep-alive connections as they become idle while a server closes. Without it one such client holds the closing for
 * seconds (Express: 3, Fastify: 70); work in flight is left alone.
 */
export class IdleConnections {
  readonly #server: ClosableServer;
  readonly #closing: Repeater;

  constructor(server: ClosableServer, clock: Clock) {
    this.#server = server;
    this.#closing = new Repeater(clock, INTERVAL_MS, () => server.closeIdleConnections());
  }

  startClosing(): void {
    this.#server.closeIdleConnections();
    this.#closing.start();
  }

  stop(): void {
    this.#closing.stop();
  }
}
