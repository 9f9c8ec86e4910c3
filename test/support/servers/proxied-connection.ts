import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** Which bytes get lost: what clients ask, what the server answers, or both. */
export type LostBytes = 'requests' | 'answers' | 'both';

/** What happens to the bytes on their way. */
export interface ProxyFaults {
  /** How long each of them is under way, in milliseconds. */
  delayMs: number;
  /** Those that are taken and dropped. */
  blackHole: LostBytes | undefined;
}

/** One connection of a client to a server, through the test. */
export class ProxiedConnection {
  readonly #client: Socket;
  readonly #server: Socket;
  readonly #faults: Readonly<ProxyFaults>;
  #hasLostBytes = false;
  #answersEnded = false;

  constructor(client: Socket, targetPort: number, faults: Readonly<ProxyFaults>) {
    this.#client = client;
    this.#faults = faults;
    this.#server = connect({ port: targetPort, host: '127.0.0.1', allowHalfOpen: true });
    this.#carry(client, this.#server);
    this.#carry(this.#server, client);
  }

  /** Whether something was swallowed, so that the two sides no longer agree on what was said. */
  get hasLostBytes(): boolean {
    return this.#hasLostBytes;
  }

  /** Breaks both sides at once. */
  destroy(): void {
    breakOff(this.#client);
    breakOff(this.#server);
  }

  /** Ends the direction from server to client. */
  endAnswers(): void {
    this.#answersEnded = true;
    this.#client.end();
  }

  /** Passes on, in order, what comes from one side; each piece and the end take the time of the delay. */
  #carry(from: Socket, to: Socket): void {
    let last = Promise.resolve();
    const inOrder = (pass: () => void): void => {
      const due = performance.now() + this.#faults.delayMs;
      last = last.then(async () => {
        const rest = due - performance.now();
        if (rest > 0) await sleep(rest, undefined, { ref: false });
        pass();
      });
    };
    from.on('data', (bytes) => inOrder(() => this.#pass(bytes, from, to)));
    from.on('end', () => inOrder(() => this.#passEnd(to)));
    from.on('error', () => this.#passBreak(to));
  }

  #pass(bytes: Buffer, from: Socket, to: Socket): void {
    if (this.#isLostOnTheWayTo(to)) {
      this.#hasLostBytes = true;
      return;
    }
    if (to === this.#client && this.#answersEnded) return;
    if (!to.writable || to.write(bytes)) return;
    from.pause();
    to.once('drain', () => from.resume());
  }

  #isLostOnTheWayTo(to: Socket): boolean {
    const { blackHole } = this.#faults;
    return blackHole === 'both' || blackHole === (to === this.#client ? 'answers' : 'requests');
  }

  #passEnd(to: Socket): void {
    if (this.#isLostOnTheWayTo(to)) this.#hasLostBytes = true;
    else to.end();
  }

  #passBreak(to: Socket): void {
    if (this.#isLostOnTheWayTo(to)) this.#hasLostBytes = true;
    else breakOff(to);
  }
}

/**
 * Breaks a side by RST. One whose end is on its way already is closed: a reset would be refused, and Node would never let
 * go of it, nor of the process when that ends.
 */
function breakOff(socket: Socket): void {
  if (socket.writableEnded) socket.destroy();
  else socket.resetAndDestroy();
}
