import { Logger } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import { RecordedCalls } from 'nestjs-mainstay/testing';
import { createClient } from 'redis';
import { afterAll, afterEach, beforeAll } from 'vitest';
import { RedisServer } from '../../../test/support/servers/redis-server.js';
import type { CacheConfig } from '../src/cache.config.js';
import { CacheModule } from '../src/cache.module.js';
import { CacheService } from '../src/cache.service.js';

/** A Redis for the tests of a file, and instances of a service on it, each of which ends with its test. */
export class CachesOnRedis {
  readonly apps: TestingModule[] = [];
  #redis: RedisServer | undefined;
  readonly #common: Partial<CacheConfig>;

  private constructor(common: Partial<CacheConfig>) {
    this.#common = common;
  }

  /** To be called at the top of a file. @param common what all instances are configured by */
  static forThisFile(common: Partial<CacheConfig> = {}): CachesOnRedis {
    const caches = new CachesOnRedis(common);
    beforeAll(async () => {
      Logger.overrideLogger(false);
      caches.#redis = await RedisServer.start();
    });
    afterAll(async () => {
      Logger.overrideLogger(true);
      await caches.#redis?.dispose();
    });
    afterEach(async () => {
      for (const app of caches.apps.splice(0)) await app.close();
    });
    return caches;
  }

  get redis(): RedisServer {
    if (!this.#redis) throw new Error('The Redis of the file is not there yet.');
    return this.#redis;
  }

  /** Starts an instance. @param recorded what is recorded of it goes there */
  async start(
    config: Partial<CacheConfig> = {},
    recorded = new RecordedCalls(),
  ): Promise<CacheService> {
    const own = { url: this.redis.url, ...this.#common, ...config };
    const app = await Test.createTestingModule({
      imports: [recorded.asModule(), CacheModule.forRoot({ config: own })],
    }).compile();
    this.apps.push(app);
    return app.get(CacheService);
  }

  /** Sends a command that no cache would. */
  async command(...args: string[]): Promise<unknown> {
    const client = createClient({ url: this.redis.url });
    await client.connect();
    try {
      return await client.sendCommand(args);
    } finally {
      client.destroy();
    }
  }
}
