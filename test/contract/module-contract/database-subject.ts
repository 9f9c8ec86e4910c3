import type { INestApplication } from '@nestjs/common';
import { DatabaseModule, getDatabaseToken, type DatabaseService } from 'nestjs-mainstay/database';
import type { ModuleContractSubject } from 'nestjs-mainstay/testing/contract';
import { SECRET } from './secret.js';

/** DatabaseModule as a subject of the contract; `url` is asked for when a check begins. */
export function databaseSubject(
  name: string,
  url: (instance: string | undefined) => string,
  placeholder: string,
  dependency?: ModuleContractSubject['dependency'],
): ModuleContractSubject {
  const databaseOf = (app: INestApplication, instance?: string): DatabaseService =>
    app.get(getDatabaseToken(instance), { strict: false });
  return {
    name,
    resource: 'database',
    secret: SECRET,
    imports: ({ boot, instance }) => [
      DatabaseModule.forRoot({
        ...(instance === undefined ? {} : { name: instance }),
        config: { url: url(instance), boot },
      }),
    ],
    operation: {
      name: 'query',
      call: (app, data, instance) =>
        databaseOf(app, instance).query(`SELECT ${placeholder} AS found`, [data]),
    },
    mistake: (app) => databaseOf(app).query('SELEC 1'),
    ...(dependency && { dependency }),
  };
}
