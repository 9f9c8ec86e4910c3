import type { InjectionToken } from '@nestjs/common';
import { ConfigLoader, type ConfigRequest, type LateOverrides } from 'nestjs-mainstay/config';
import type { CacheConfig } from './cache.config.js';
import type { CacheLateOptions } from './cache.module-options.js';

/**
 * What the options of a cache override of its configuration. A store that they give stands in for a URL that nobody has
 * set, also in production, where there has to be one; beside another URL it is a mistake, which the cache tells of.
 * @param token what the options are injected by
 */
export function overridesFrom(
  token: InjectionToken<CacheLateOptions>,
  request: ConfigRequest<CacheConfig>,
): LateOverrides<CacheConfig> {
  return {
    inject: [ConfigLoader, token],
    useFactory: (loader: ConfigLoader, { config, store }: CacheLateOptions) => {
      if (store === undefined) return config;
      const { url } = loader.get(request.with(config).awaitingOverrides());
      return { ...config, url: url === 'memory:' ? 'keyv:' : url };
    },
  };
}
