import type { INestApplication } from '@nestjs/common';
import {
  CacheModule,
  getCacheToken,
  type CacheService,
  type KeyvStoreSource,
} from 'nestjs-mainstay/cache';
import type { ModuleContractSubject } from 'nestjs-mainstay/testing/contract';
import { SECRET } from './secret.js';

/** CacheModule as a subject of the contract; what its entries are kept in is asked for when a check begins. */
export function cacheSubject(
  name: string,
  keptIn: () => { readonly url: string } | { readonly store: KeyvStoreSource },
  dependency?: ModuleContractSubject['dependency'],
): ModuleContractSubject {
  const cacheOf = (app: INestApplication, instance?: string): CacheService =>
    app.get(getCacheToken(instance), { strict: false });
  return {
    name,
    resource: 'cache',
    secret: SECRET,
    imports: ({ boot, instance }) => {
      const kept = keptIn();
      return [
        'url' in kept
          ? CacheModule.forRoot({ name: instance, config: { ...kept, boot } })
          : CacheModule.forRoot({ name: instance, config: { boot }, ...kept }),
      ];
    },
    operation: {
      name: 'set',
      call: (app, data, instance) => cacheOf(app, instance).set(`key:${data}`, data),
    },
    mistake: (app) => cacheOf(app).set('', 1),
    ...(dependency && { dependency }),
  };
}
