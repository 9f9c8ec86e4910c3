import Joi from 'joi';
import {
  bootSchema,
  criticalitySchema,
  defineConfig,
  durationSchema,
  sizeSchema,
  urlSchema,
} from 'nestjs-mainstay/config';
import type { BootPolicy, Criticality } from 'nestjs-mainstay/resource';

/** Configuration of a cache, read from `CACHE_*`; of a named instance `sessions` from `CACHE_SESSIONS_*`. */
export interface CacheConfig {
  /** Chooses the engine: `memory:`, `redis://…`, `redis-sentinel://…`, with TLS `rediss://…`, `rediss-sentinel://…`; `keyv:` is the `store` that the code gives. @default 'memory:' */
  readonly url: string;
  /** What the names of all entries in a shared engine begin with, before the name of the cache. @default 'mainstay' */
  readonly namespace: string;
  /** How long an entry lives that is written without a TTL, in milliseconds. 0 = not stored, Infinity = for ever. @default 5 min */
  readonly ttl: number;
  /** How long `null` is remembered, in milliseconds. @default 30 s */
  readonly negativeTtl: number;
  /** Bound of the entries in the memory of this process; the longest unused make room. @default 10000 */
  readonly maxEntries: number;
  /**
   * Bound of what these entries take, in bytes, by an estimate that is made when a value is written; the longest unused
   * make room. A value that is larger is not kept. @default none
   */
  readonly maxBytes?: number | undefined;
  /**
   * How long a loaded value may still stand in after its TTL, for a factory that fails or is slow, in milliseconds.
   * 0 = never. @default 10 min
   */
  readonly grace: number;
  /** How long no other load is tried after one of a key that has a stale value failed, in milliseconds. @default 10 s */
  readonly graceBackoff: number;
  /**
   * How long a factory is waited for where there is a stale value, in milliseconds; then that is given, and the load goes
   * on. 0 = it is given at once, Infinity = the factory is always waited for. @default 1 s
   */
  readonly factorySoftTimeout: number;
  /** How long a factory of `getOrSet` may take, in milliseconds. @default 10 s */
  readonly factoryTimeout: number;
  /**
   * After which part of its TTL a value that is read is loaded anew in the background, between 0 and 1; `false` = only
   * when the TTL is over; what a call says counts more. @default false
   */
  readonly eagerRefresh: number | false;
  /**
   * Whether, of all instances, one at a time loads a key, by a lock in the shared engine; what a call says counts more.
   * @default false
   */
  readonly lock: boolean;
  /** How long a load waits at most while another instance loads its key, in milliseconds; then it loads too. @default 2 s */
  readonly lockWait: number;
  /** @default 'degraded' */
  readonly boot: BootPolicy;
  /** @default 'degradable' */
  readonly criticality: Criticality;
}

/** What a cache reads from the environment. */
export const cacheConfig = defineConfig<CacheConfig>(
  'cache',
  Joi.object<CacheConfig>({
    url: urlSchema({
      protocols: ['memory:', 'redis:', 'rediss:', 'redis-sentinel:', 'rediss-sentinel:', 'keyv:'],
      embeddedDefault: 'memory:',
    })
      .description(
        'Where entries are kept: memory: is the memory of the process, redis:// and rediss:// (TLS) a Redis that instances share; redis-sentinel://host,host/0?name=mymaster and rediss-sentinel:// are the master that sentinels tell; keyv: is the store that the code gives.',
      )
      .example('redis://user:password@localhost:6379/0'),
    namespace: Joi.string()
      .pattern(/^[\w.:{}-]{1,100}$/)
      .default('mainstay')
      .description(
        'What the names of all entries in Redis begin with; applications that share a Redis need different ones.',
      )
      .example('shop'),
    ttl: durationSchema()
      .allow(Infinity)
      .default('5m')
      .description('How long an entry lives that is written without a TTL; 0 = not stored.')
      .example('1h'),
    negativeTtl: durationSchema()
      .allow(Infinity)
      .default('30s')
      .description('How long it is remembered that something does not exist (null).')
      .example('10s'),
    maxEntries: Joi.number()
      .integer()
      .min(1)
      .default(10_000)
      .description('Entries kept in the memory of the process; the longest unused make room.')
      .example('50000'),
    maxBytes: sizeSchema()
      .min(1_024)
      .description(
        'What the entries in the memory of the process may take, by an estimate; the longest unused make room.',
      )
      .example('64MiB'),
    grace: durationSchema()
      .allow(Infinity)
      .default('10m')
      .description(
        'How long a loaded value may still stand in after its TTL, for a factory that fails or is slow; 0 = never.',
      )
      .example('6h'),
    graceBackoff: durationSchema()
      .default('10s')
      .description(
        'How long no other load is tried after one of a key that has a stale value failed; 0 = each call tries.',
      )
      .example('30s'),
    factorySoftTimeout: durationSchema()
      .allow(Infinity)
      .default('1s')
      .description(
        'How long a factory is waited for where there is a stale value; 0 = the stale value is given at once, and the factory runs in the background.',
      )
      .example('200ms'),
    factoryTimeout: durationSchema()
      .min(1)
      .default('10s')
      .description('How long a factory of getOrSet may take before its callers get a timeout.')
      .example('3s'),
    eagerRefresh: Joi.alternatives(Joi.boolean().valid(false), Joi.number().greater(0).less(1))
      .default(false)
      .description(
        'After which part of its TTL a value that is read is loaded anew in the background; false = only when the TTL is over.',
      )
      .example('0.8'),
    lock: Joi.boolean()
      .default(false)
      .description(
        'Whether, of all instances on one Redis, one at a time loads a key; what a call says counts more. No use with memory:.',
      )
      .example('true'),
    lockWait: durationSchema()
      .default('2s')
      .description(
        'How long a load waits at most while another instance loads its key; then it loads too.',
      )
      .example('5s'),
    boot: bootSchema(),
    criticality: criticalitySchema(),
  }),
);
