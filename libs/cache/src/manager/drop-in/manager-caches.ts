import { Injectable, Module } from '@nestjs/common';
import { Clock, ClockModule } from 'nestjs-mainstay/common';
import { Operations, ResourceInitializer, ResourceModule } from 'nestjs-mainstay/resource';
import type { CacheConfig } from '../../cache.config.js';
import { CacheResource } from '../../cache.resource.js';
import { CacheService } from '../../cache.service.js';
import type { KeyvStore } from '../../stores/keyv/keyv-store-source.js';

/**
 * The caches behind the managers of an application. `CacheModule.register()` may stand in many modules; each has a
 * manager of its own, and those on one store share one cache, its bounds and its connection.
 */
@Injectable()
export class ManagerCaches {
  readonly #clock: Clock;
  readonly #operations: Operations;
  readonly #initializer: ResourceInitializer;
  readonly #byStore = new Map<KeyvStore | undefined, Promise<CacheService>>();

  constructor(clock: Clock, operations: Operations, initializer: ResourceInitializer) {
    this.#clock = clock;
    this.#operations = operations;
    this.#initializer = initializer;
  }

  /**
   * The cache on a store, or on what the configuration says: initialised, or knowingly degraded. The first is the unnamed
   * one; further ones, on other stores, are `cache:2` and so on.
   */
  open(config: CacheConfig, store?: KeyvStore): Promise<CacheService> {
    const known = this.#byStore.get(store);
    if (known) return known;
    const instance = this.#byStore.size === 0 ? undefined : String(this.#byStore.size + 1);
    const opened = this.#start(config, store, instance);
    this.#byStore.set(store, opened);
    return opened;
  }

  async #start(
    config: CacheConfig,
    store: KeyvStore | undefined,
    instance: string | undefined,
  ): Promise<CacheService> {
    const resource = await new CacheResource(config, this.#clock, { store }, instance).load();
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
