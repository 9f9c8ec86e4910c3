import type { ServerResponse } from 'node:http';
import type { Clock } from 'nestjs-mainstay/common';

/** How long a client may take to read what was sent at last, after the end, in milliseconds. */
const FAREWELL_MS = 1_000;

/** How long a client waits before it connects again, in milliseconds. */
const RETRY_MS = 3_000;

/**
 * One client of the event stream. At most one event waits for it: while it has not taken the last one it gets no other,
 * so that a slow client costs no memory. The next event says everything again.
 */
export class EventClient {
  readonly showsDetails: boolean;
  readonly #response: ServerResponse;
  readonly #clock: Clock;
  #blockedSince: number | undefined;

  /** @param onGone called once, when the client has left or was dropped */
  constructor(response: ServerResponse, clock: Clock, showsDetails: boolean, onGone: () => void) {
    this.#response = response;
    this.#clock = clock;
    this.showsDetails = showsDetails;
    response.once('close', onGone);
    response.on('drain', () => (this.#blockedSince = undefined));
    // A client that breaks off is no error of ours; 'close' follows.
    response.on('error', () => undefined);
  }

  /** How long the last event has waited for the client to take it, in milliseconds. */
  get blockedMs(): number {
    return this.#blockedSince === undefined ? 0 : this.#clock.now() - this.#blockedSince;
  }

  /** Begins the stream. `no-transform` keeps compressing middleware, `X-Accel-Buffering` keeps nginx from holding it back. */
  open(): void {
    this.#response.writeHead(200, {
      'Content-Type': 'text/event-stream; charset=utf-8',
      'Cache-Control': 'no-store, no-transform',
      'X-Accel-Buffering': 'no',
    });
    this.#response.write(`retry: ${RETRY_MS}\n\n`);
  }

  /** Sends an event, unless the last one still waits. */
  send(event: string): void {
    if (this.#blockedSince !== undefined) return;
    if (!this.#response.write(event)) this.#blockedSince = this.#clock.now();
  }

  /** Breaks the connection off. */
  drop(): void {
    this.#response.destroy();
  }

  /** Sends a last event and ends the stream; who does not take it in time is dropped, since it would hold the closing. */
  end(event: string): void {
    if (this.#blockedSince !== undefined) {
      this.drop();
      return;
    }
    const timer = this.#clock.schedule(() => this.drop(), FAREWELL_MS, { background: true });
    this.#response.once('close', () => timer.cancel());
    this.#response.end(event);
  }
}
