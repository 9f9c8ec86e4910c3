import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { Operations } from './operations.js';
import { ResourceCloser } from './resource-closer.js';
import { ResourceInitializer } from './resource-initializer.js';

/**
 * Ends everything when the application shuts down: back-offs are cut, initialisations end, resources close. Not in
 * `onModuleDestroy`, which runs while requests are still in flight.
 */
@Injectable()
export class ResourceShutdown implements OnApplicationShutdown {
  readonly #operations: Operations;
  readonly #initializer: ResourceInitializer;
  readonly #closer: ResourceCloser;

  constructor(operations: Operations, initializer: ResourceInitializer, closer: ResourceCloser) {
    this.#operations = operations;
    this.#initializer = initializer;
    this.#closer = closer;
  }

  async onApplicationShutdown(): Promise<void> {
    this.#operations.shutdown();
    this.#initializer.stop();
    await this.#closer.closeAll();
  }
}
