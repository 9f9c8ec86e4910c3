import { Inject, type InjectionToken } from '@nestjs/common';
import { CacheService } from './cache.service.js';

/** The token of a cache: the class `CacheService` for the unnamed one, its own for each named one. */
export function getCacheToken(name?: string): InjectionToken<CacheService> {
  return name === undefined ? CacheService : `CacheService:${name}`;
}

/**
 * Injects a named cache; the unnamed one is injected by its type alone.
 * @example
 * constructor(\@InjectCache('sessions') private readonly sessions: CacheService) {}
 */
export function InjectCache(name?: string): PropertyDecorator & ParameterDecorator {
  return Inject(getCacheToken(name));
}
