import { Inject, Optional } from '@nestjs/common';
import { standInFor } from 'nestjs-mainstay/common';
import { getCacheToken } from '../cache-token.js';
import type { CacheService } from '../cache.service.js';

type Method = (this: Record<symbol, CacheService | undefined>, ...args: unknown[]) => unknown;

/** One call of a wrapped method. */
export interface WrappedCall {
  readonly cache: CacheService;
  readonly args: readonly unknown[];
  /** Calls the method itself, with `more` behind the arguments of the call. */
  readonly proceed: (...more: readonly unknown[]) => unknown;
}

/**
 * Puts something around a method of a provider. The cache is injected by property, so that the class's constructor stays
 * its own; where there is none (a plain `new` in a test, a cache that is switched off) the method is called as it is.
 * @param cacheName a named cache; `undefined` = the unnamed one
 */
export function wrapMethod(
  target: object,
  descriptor: PropertyDescriptor,
  cacheName: string | undefined,
  around: (call: WrappedCall) => unknown,
): void {
  const property = Symbol.for(`nestjs-mainstay.decorated-cache:${cacheName ?? ''}`);
  Inject(getCacheToken(cacheName))(target, property);
  Optional()(target, property);
  const original = descriptor.value as Method;
  const wrapped: Method = function (...args) {
    const cache = this[property];
    const proceed = (...more: readonly unknown[]): unknown =>
      original.apply(this, more.length === 0 ? args : [...args, ...more]);
    return cache ? around({ cache, args, proceed }) : proceed();
  };
  descriptor.value = standInFor(original, wrapped);
}
