import type { INestApplication } from '@nestjs/common';
import { getStorageToken, StorageModule, type StorageService } from 'nestjs-mainstay/storage';
import type { ModuleContractSubject } from 'nestjs-mainstay/testing/contract';
import { SECRET } from './secret.js';

/** StorageModule as a subject of the contract; `url` is asked for when a check begins. */
export function storageSubject(
  name: string,
  url: (instance: string | undefined) => string,
  dependency?: ModuleContractSubject['dependency'],
): ModuleContractSubject {
  const storageOf = (app: INestApplication, instance?: string): StorageService =>
    app.get(getStorageToken(instance), { strict: false });
  return {
    name,
    resource: 'storage',
    secret: SECRET,
    imports: ({ boot, instance }) => [
      StorageModule.forRoot({
        ...(instance === undefined ? {} : { name: instance }),
        config: { url: url(instance), boot },
      }),
    ],
    operation: {
      name: 'write',
      call: (app, data, instance) => storageOf(app, instance).write(`folder/${data}`, data),
    },
    mistake: (app) => storageOf(app).write('../outside', 'x'),
    ...(dependency && { dependency }),
  };
}
