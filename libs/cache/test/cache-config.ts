import { cacheConfig, type CacheConfig } from '../src/cache.config.js';

/** The configuration of a cache: the defaults, and what a test says. */
export function cacheConfigOf(given: Partial<CacheConfig> = {}): CacheConfig {
  const defaults = cacheConfig.keys.map((key) => [key.name, key.default] as const);
  const input = { ...Object.fromEntries(defaults), url: 'memory:', ...given };
  const { value, error } = cacheConfig.schema.validate(input);
  if (error) throw error;
  return value as CacheConfig;
}
