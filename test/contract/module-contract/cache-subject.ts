import type { INestApplication } from '@nestjs/common';
import { CacheModule, getCacheToken, type CacheService } from 'nestjs-mainstay/cache';
import type { ModuleContractSubject } from 'nestjs-mainstay/testing/contract';
import { SECRET } from './secret.js';

/** CacheModule as a subject of the contract; `url` is asked for when a check begins. */
export function cacheSubject(
  name: string,
  url: () => string,
  dependency?: ModuleContractSubject['dependency'],
): ModuleContractSubject {
  const cacheOf = (app: INestApplication, instance?: string): CacheService =>
    app.get(getCacheToken(instance), { strict: false });
  return {
    name,
    resource: 'cache',
    secret: SECRET,
    imports: ({ boot, instance }) => [
      CacheModule.forRoot({ name: instance, config: { url: url(), boot } }),
    ],
    operation: {
      name: 'set',
      call: (app, data, instance) => cacheOf(app, instance).set(`key:${data}`, data),
    },
    mistake: (app) => cacheOf(app).set('', 1),
    ...(dependency && { dependency }),
  };
}
