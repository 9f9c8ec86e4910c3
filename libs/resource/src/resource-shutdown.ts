import {
  Inject,
  Injectable,
  Optional,
  type OnApplicationShutdown,
  type OnModuleDestroy,
} from '@nestjs/common';
import { formatDuration } from 'nestjs-mainstay/common';
import { GuardedLogger } from 'nestjs-mainstay/resilience';
import { Operations } from './operations.js';
import { ResourceCloser } from './resource-closer.js';
import { ResourceInitializer } from './resource-initializer.js';

/** Injection token of the time that operations in flight get at shutdown, in milliseconds. */
export const DRAIN_TIMEOUT_MS = Symbol.for('nestjs-mainstay.drain-timeout-ms');

/** As long as a resource has to close. */
const DEFAULT_DRAIN_TIMEOUT_MS = 2_000;

/**
 * Ends everything when the application shuts down. In the first of the hooks, while requests are in flight: no new
 * retries, back-offs are cut, so that none of them holds the shutdown. In the last, after the server has closed:
 * initialisations are cut, operations that are still in flight (of jobs, of consumers) end or are cancelled at the
 * deadline, and resources close.
 */
@Injectable()
export class ResourceShutdown implements OnModuleDestroy, OnApplicationShutdown {
  readonly #logger = new GuardedLogger('ResourceShutdown');
  readonly #operations: Operations;
  readonly #initializer: ResourceInitializer;
  readonly #closer: ResourceCloser;
  readonly #drainTimeoutMs: number;

  constructor(
    operations: Operations,
    initializer: ResourceInitializer,
    closer: ResourceCloser,
    @Optional() @Inject(DRAIN_TIMEOUT_MS) drainTimeoutMs = DEFAULT_DRAIN_TIMEOUT_MS,
  ) {
    this.#operations = operations;
    this.#initializer = initializer;
    this.#closer = closer;
    this.#drainTimeoutMs = drainTimeoutMs;
  }

  onModuleDestroy(): void {
    this.#operations.shutdown();
  }

  async onApplicationShutdown(): Promise<void> {
    this.#operations.shutdown();
    this.#initializer.stop();
    await this.#drain();
    await this.#closer.closeAll();
  }

  async #drain(): Promise<void> {
    if (await this.#operations.drain(this.#drainTimeoutMs)) return;
    this.#logger.warn(
      `Operations were still in flight ${formatDuration(this.#drainTimeoutMs)} after the shutdown had begun to wait for them; they were cancelled.`,
    );
  }
}
