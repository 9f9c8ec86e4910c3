import { Injectable, Module } from '@nestjs/common';
import { Clock, ClockModule } from 'nestjs-mainstay/common';
import { Operations, ResourceInitializer, ResourceModule } from 'nestjs-mainstay/resource';
import type { CacheConfig } from '../../cache.config.js';
import { CacheResource } from '../../cache.resource.js';
import { CacheService } from '../../cache.service.js';

/**
 * The caches behind the managers of an application. `CacheModule.register()` may stand in many modules; each has a
 * manager of its own, and they share one cache, its bounds and its connection.
 */
@Injectable()
export class ManagerCaches {
  readonly #clock: Clock;
  readonly #operations: Operations;
  readonly #initializer: ResourceInitializer;
  #opened: Promise<CacheService> | undefined;

  constructor(clock: Clock, operations: Operations, initializer: ResourceInitializer) {
    this.#clock = clock;
    this.#operations = operations;
    this.#initializer = initializer;
  }

  /** The unnamed cache: initialised, or knowingly degraded. */
  open(config: CacheConfig): Promise<CacheService> {
    this.#opened ??= this.#start(config);
    return this.#opened;
  }

  async #start(config: CacheConfig): Promise<CacheService> {
    const resource = await new CacheResource(config, this.#clock).load();
    const service = new CacheService(resource, this.#operations);
    await this.#initializer.start(resource);
    return service;
  }
}

/** One for each application: all of its `register()` lead here. */
@Module({
  imports: [ClockModule, ResourceModule],
  providers: [ManagerCaches],
  exports: [ManagerCaches],
})
export class ManagerCachesModule {}
