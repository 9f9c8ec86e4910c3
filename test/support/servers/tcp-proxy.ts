import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { freePort } from '../free-port.js';
import { ProxiedConnection, type LostBytes, type ProxyFaults } from './proxied-connection.js';

/** A network between a client and a server of the loopback interface, with faults on demand. */
export class TcpProxy {
  readonly port: number;
  readonly #targetPort: number;
  readonly #faults: ProxyFaults = { delayMs: 0, blackHole: undefined };
  readonly #open = new Set<ProxiedConnection>();
  #server: Server | undefined;
  #accepted = 0;

  private constructor(port: number, targetPort: number) {
    this.port = port;
    this.#targetPort = targetPort;
  }

  /** Starts a proxy in front of a port of the loopback interface. */
  static async start(targetPort: number): Promise<TcpProxy> {
    const proxy = new TcpProxy(await freePort(), targetPort);
    await proxy.#listen();
    return proxy;
  }

  /** How many connections have been accepted so far. */
  get acceptedConnections(): number {
    return this.#accepted;
  }

  /** How many connections clients have open. */
  get openConnections(): number {
    return this.#open.size;
  }

  /** Breaks all connections (RST) and refuses new ones. */
  cut(): void {
    this.#server?.close();
    this.#server = undefined;
    for (const connection of this.#open) connection.destroy();
  }

  /** Lets every byte take its time, both ways; 0 ends that. */
  delay(ms: number): void {
    this.#faults.delayMs = ms;
  }

  /** Goes on accepting and reading, but nothing reaches the other side any more, on open connections neither. */
  blackHole(lost: LostBytes = 'both'): void {
    this.#faults.blackHole = lost;
  }

  /** Ends the server's side of all open connections (FIN): clients can still send, but nothing more comes back. */
  halfClose(): void {
    for (const connection of this.#open) connection.endAnswers();
  }

  /** Ends all faults. Connections that have lost bytes are broken (RST): nothing sound can follow on them. */
  async heal(): Promise<void> {
    this.#faults.delayMs = 0;
    this.#faults.blackHole = undefined;
    for (const connection of this.#open) {
      if (connection.hasLostBytes) connection.destroy();
    }
    if (!this.#server) await this.#listen();
  }

  /** Ends everything; safe to call again. */
  async dispose(): Promise<void> {
    const closed = this.#server && once(this.#server, 'close');
    this.cut();
    await closed;
  }

  async #listen(): Promise<void> {
    const server = createServer({ allowHalfOpen: true }, (client) => this.#accept(client));
    server.listen(this.port, '127.0.0.1');
    await once(server, 'listening');
    this.#server = server;
  }

  #accept(client: Socket): void {
    this.#accepted++;
    const connection = new ProxiedConnection(client, this.#targetPort, this.#faults);
    this.#open.add(connection);
    client.once('close', () => this.#open.delete(connection));
  }
}
