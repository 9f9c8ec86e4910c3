import {
  cacheConfig,
  CacheUnavailableError,
  MemoryStore,
  type CacheBackend,
  type CacheConfig,
} from 'nestjs-mainstay/cache';
import { FakeClock } from '../fake-clock.js';

/** What a {@link FakeCache} may be given. */
export interface FakeCacheOptions {
  /** @default a new one */
  readonly clock?: FakeClock;
  /** Values in place of the defaults; the environment is not read. */
  readonly config?: Partial<CacheConfig>;
}

/** A cache's backend in memory, which a test can take down. @internal */
export class FakeBackend implements CacheBackend {
  readonly name = 'cache';
  readonly clock: FakeClock;
  readonly config: CacheConfig;
  isDown = false;
  readonly #store: MemoryStore;

  constructor(options: FakeCacheOptions) {
    this.clock = options.clock ?? new FakeClock();
    this.config = withDefaults(options.config);
    this.#store = new MemoryStore(this.clock, this.config.maxEntries, this.config.maxBytes);
  }

  get store(): MemoryStore {
    if (this.isDown) throw new CacheUnavailableError(this.name);
    return this.#store;
  }
}

function withDefaults(config: Partial<CacheConfig> = {}): CacheConfig {
  const defaults = cacheConfig.keys.map((key) => [key.name, key.default] as const);
  const input = { ...Object.fromEntries(defaults), ...config };
  const { value, error } = cacheConfig.schema.validate(input);
  if (error) throw error;
  return value as CacheConfig;
}
