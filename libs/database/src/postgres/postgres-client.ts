import { Socket } from 'node:net';
import type * as pgModule from 'pg';
import type { Client, ClientConfig, TransactionStatus } from 'pg';

/** The package `pg`, as far as it is used. */
export type Pg = typeof pgModule;

/** One connection to a PostgreSQL server, which knows its state and can be destroyed at once. */
export interface PostgresClient extends Client {
  /** What the server said last: idle, in a transaction, in a failed one; `null` before it said anything. */
  readonly transactionStatus: TransactionStatus;
  /** Whether a statement was sent whose answer is not complete. */
  readonly isBusy: boolean;
  /** Why the connection is lost; `undefined` while it is not. */
  readonly lost: Error | undefined;
  /** Resolves when the answer of the last statement is complete, or the connection lost. */
  settled(): Promise<void>;
  /** Whether it was lost by what also befalls the other connections: the server went away, or does not answer. */
  readonly isServerGone: boolean;
  /** Closes the connection without a word to the server. */
  destroy(reason: Error, isServerGone?: boolean): void;
  /** What the server needs to cancel a statement of this connection; `undefined` before it is known. */
  readonly cancelKey: CancelKey | undefined;
}

/** Names a session to the server, see `sendCancelRequest`. */
export interface CancelKey {
  readonly processId: number;
  readonly secretKey: number;
}

/** The class of {@link PostgresClient}s. */
export type PostgresClientClass = new (config: ClientConfig) => PostgresClient;

/**
 * Derives the class of connections from pg's. An error on a connection that nobody uses at the moment must not end the
 * process, so that each listens for itself.
 */
export function derivePostgresClient(pg: Pg): PostgresClientClass {
  return class extends pg.Client implements PostgresClient {
    readonly #socket: Socket;
    #status: TransactionStatus = null;
    #isBusy = false;
    #isConnected = false;
    #lost: Error | undefined;
    #cancelKey: CancelKey | undefined;
    #isServerGone = false;

    constructor(config: ClientConfig) {
      const socket = new Socket();
      super({ ...config, stream: () => socket });
      this.#socket = socket;
      this.on('error', (error) => this.#lose(error, true));
      this.on('end', () => this.#lose(new Error('The connection was closed.'), false));
      this.on('drain', () => (this.#isBusy = false));
      this.connection.on('readyForQuery', ({ status }: { status: TransactionStatus }) => {
        this.#isConnected = true;
        this.#status = status;
      });
      this.connection.on('backendKeyData', (key: { processID: number; secretKey: number }) => {
        this.#cancelKey = { processId: key.processID, secretKey: key.secretKey };
      });
    }

    get transactionStatus(): TransactionStatus {
      return this.#status;
    }

    get isBusy(): boolean {
      return this.#isBusy;
    }

    get lost(): Error | undefined {
      return this.#lost;
    }

    get cancelKey(): CancelKey | undefined {
      return this.#cancelKey;
    }

    override query = ((...args: Parameters<Client['query']>) => {
      const answer: unknown = super.query(...args);
      // Not before: what pg refuses with an exception was not sent, and has no answer that would end it.
      this.#isBusy = true;
      return answer;
    }) as Client['query'];

    settled(): Promise<void> {
      if (!this.#isBusy || this.#lost) return Promise.resolve();
      return new Promise((resolve) => {
        const settle = (): void => {
          this.removeListener('drain', settle);
          this.removeListener('error', settle);
          this.removeListener('end', settle);
          resolve();
        };
        this.on('drain', settle);
        this.on('error', settle);
        this.on('end', settle);
      });
    }

    get isServerGone(): boolean {
      return this.#isServerGone;
    }

    destroy(reason: Error, isServerGone = false): void {
      this.#lose(reason, isServerGone);
      this.#socket.destroy();
    }

    /** As pg's, but does not wait for the server to close its side: a frozen one never does. */
    override end = ((...args: [callback: (error: Error) => void]) => {
      const ended = super.end(...args);
      if (this.#isConnected) this.#socket.destroySoon();
      else this.#socket.destroy();
      return ended;
    }) as Client['end'];

    /** The first reason counts. */
    #lose(reason: Error, isServerGone: boolean): void {
      if (this.#lost) return;
      this.#lost = reason;
      this.#isServerGone = isServerGone;
    }
  };
}
