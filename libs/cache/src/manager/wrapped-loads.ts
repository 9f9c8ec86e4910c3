import type { Clock } from 'nestjs-mainstay/common';
import type { CacheFactoryContext } from '../cache.options.js';
import type { CacheService } from '../cache.service.js';
import { expiryOf } from './expiry-of.js';

/** A number of milliseconds, or what makes it from a value. */
type MsOf = number | ((value: unknown) => number) | undefined;

/** The options of `wrap`, as an object. */
interface NamedOptions {
  readonly ttl?: MsOf;
  readonly refreshThreshold?: MsOf;
  readonly raw?: boolean;
}

/** What `wrap` takes after its key and its function. */
export type WrapOptions = [ttlOrOptions?: MsOf | NamedOptions, refreshThreshold?: MsOf];

/** What holds where a call of `wrap` says nothing else, in milliseconds. */
interface WrapDefaults {
  /** 0 = for ever. @default that of the cache */
  readonly ttl: number | undefined;
  /** That of the cache. */
  readonly cacheTtl: number;
  readonly refreshThreshold: number | undefined;
}

/** A threshold that is no shorter than the TTL: whoever reads the value has it loaded anew. */
const AT_ONCE = 1e-6;

/** `wrap` of cache-manager, led to `getOrSet`. */
export class WrappedLoads {
  readonly #cache: CacheService;
  readonly #clock: Clock;
  readonly #defaults: WrapDefaults;

  constructor(cache: CacheService, clock: Clock, defaults: WrapDefaults) {
    this.#cache = cache;
    this.#clock = clock;
    this.#defaults = defaults;
  }

  async load(key: string, factory: () => unknown, ...options: WrapOptions): Promise<unknown> {
    const { ttl, refreshThreshold, raw } = named(options);
    const load = async (context: CacheFactoryContext): Promise<unknown> => {
      const made = await factory();
      decideTtl(context, ttl ?? this.#defaults.ttl, made);
      return made;
    };
    const threshold = refreshThreshold ?? this.#defaults.refreshThreshold;
    const eagerRefresh = this.#eagerRefresh(ttl, threshold);
    // Who calls cache-manager expects the error of a factory.
    const value = await this.#cache.getOrSet(key, load, {
      grace: false,
      ...(eagerRefresh !== undefined && { eagerRefresh }),
    });
    return raw ? { value, expires: await expiryOf(key, this.#cache, this.#clock) } : value;
  }

  /** A threshold as a part of the TTL; of what is made from the value nothing is known before. */
  #eagerRefresh(ttl: MsOf, threshold: MsOf): number | undefined {
    if (typeof ttl === 'function' || typeof threshold !== 'number' || threshold <= 0)
      return undefined;
    const ttlMs = ttl ?? this.#defaults.ttl ?? this.#defaults.cacheTtl;
    if (ttlMs === 0 || ttlMs === Infinity) return undefined;
    return Math.max(AT_ONCE, 1 - threshold / ttlMs);
  }
}

function named([options, refreshThreshold]: WrapOptions): NamedOptions {
  return typeof options === 'object' ? options : { ttl: options, refreshThreshold };
}

/** In cache-manager 0 means for ever. */
function decideTtl(context: CacheFactoryContext, ttl: MsOf, value: unknown): void {
  const decided = typeof ttl === 'function' ? ttl(value) : ttl;
  if (decided !== undefined) context.setTtl(decided === 0 ? Infinity : decided);
}
