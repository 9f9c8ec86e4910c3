import { cacheConfig, type CacheConfig } from '../src/cache.config.js';

/** The configuration of a cache: the defaults, and what a test says. */
export function cacheConfigOf(given: Partial<CacheConfig> = {}): CacheConfig {
  const { value, error } = cacheConfig.schema.validate({ url: 'memory:', ...given });
  if (error) throw error;
  return value as CacheConfig;
}
