import type {
  BeforeApplicationShutdown,
  OnApplicationBootstrap,
  OnApplicationShutdown,
  OnModuleDestroy,
} from '@nestjs/common';
import type { Clock } from 'nestjs-mainstay/common';
import { IdleConnections, type ClosableServer } from './idle-connections.js';

/** The part of an HTTP adapter that shutdown needs. */
export interface ClosableAdapter {
  beforeClose?(): unknown;
  getHttpServer(): unknown;
}

/** The part of `http.Server` that tells whether it listens. */
interface ListeningServer {
  readonly listening: boolean;
}

/**
 * Where the application is in its life, and how it leaves: readiness goes off first, the application goes on serving for the
 * drain delay, then connections close as they become idle.
 *
 * NestJS 12 awaits `beforeClose` of the HTTP adapter before everything else; NestJS 11 never calls it, and applications
 * without HTTP have no adapter: there `onModuleDestroy` turns readiness off and waits.
 */
export class GracefulShutdown
  implements
    OnApplicationBootstrap,
    OnModuleDestroy,
    BeforeApplicationShutdown,
    OnApplicationShutdown
{
  readonly #clock: Clock;
  readonly #drainDelayMs: number;
  #hasBootstrapped = false;
  #server: ListeningServer | undefined;
  readonly #onDrain: (() => void)[] = [];
  #drained: Promise<void> | undefined;
  #idle: IdleConnections | undefined;

  constructor(clock: Clock, drainDelayMs: number) {
    this.#clock = clock;
    this.#drainDelayMs = drainDelayMs;
  }

  /** Whether the start has ended. */
  get hasStarted(): boolean {
    return this.#hasBootstrapped && (this.isDraining || this.#server?.listening !== false);
  }

  /** Whether the application is on its way out. */
  get isDraining(): boolean {
    return this.#drained !== undefined;
  }

  /**
   * The start ends only when the server listens, for whoever can ask before: hooks of the application run after that of
   * this class.
   */
  awaitListening(adapter: Pick<ClosableAdapter, 'getHttpServer'>): void {
    this.#server = adapter.getHttpServer() as ListeningServer;
  }

  /** Calls `listener` at the beginning of the drain. */
  onDrain(listener: () => void): void {
    this.#onDrain.push(listener);
  }

  /** Puts the drain before everything that NestJS 12 does when it closes. */
  attach(adapter: ClosableAdapter): void {
    const before = adapter.beforeClose?.bind(adapter);
    adapter.beforeClose = async () => {
      await this.#drain();
      await before?.();
    };
    const server = adapter.getHttpServer();
    if (isClosable(server)) this.#idle = new IdleConnections(server, this.#clock);
  }

  /** @internal */
  onApplicationBootstrap(): void {
    this.#hasBootstrapped = true;
  }

  /** Awaited, so that probes and samples, which end in the next hook, go on until the drain is over. @internal */
  onModuleDestroy(): Promise<void> {
    return this.#drain();
  }

  /** Runs right before the HTTP server closes. @internal */
  async beforeApplicationShutdown(): Promise<void> {
    await this.#drain();
    this.#idle?.startClosing();
  }

  /** The HTTP server has closed. @internal */
  onApplicationShutdown(): void {
    this.#idle?.stop();
  }

  #drain(): Promise<void> {
    if (this.#drained) return this.#drained;
    this.#drained =
      this.#drainDelayMs > 0 ? this.#clock.sleep(this.#drainDelayMs) : Promise.resolve();
    for (const listener of this.#onDrain) listener();
    return this.#drained;
  }
}

function isClosable(server: unknown): server is ClosableServer {
  return (
    typeof (server as Partial<ClosableServer> | undefined)?.closeIdleConnections === 'function'
  );
}
