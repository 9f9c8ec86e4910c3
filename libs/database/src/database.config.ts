import Joi from 'joi';
import {
  bootSchema,
  criticalitySchema,
  defineConfig,
  durationSchema,
  urlSchema,
  type Boot,
  type Criticality,
} from 'nestjs-mainstay/config';
import { parseSqliteUrl } from './sqlite/sqlite-url.js';

/** Configuration of DatabaseModule; read from `DATABASE_*`, of a named instance from `DATABASE_<NAME>_*`. */
export interface DatabaseConfig {
  readonly url: string;
  readonly boot: Boot;
  readonly criticality: Criticality;
  readonly acquireTimeout: number;
  readonly transactionTimeout: number;
  readonly migrationsRun: boolean;
  readonly synchronize: boolean;
}

/** How DatabaseModule reads its configuration. */
export const databaseConfig = defineConfig<DatabaseConfig>(
  'database',
  Joi.object<DatabaseConfig>({
    url: urlSchema({
      protocols: ['sqlite:'],
      embeddedDefault: 'sqlite:./data/database.sqlite',
    })
      .custom((url: string, helpers) =>
        /^sqlite:/i.test(url) && parseSqliteUrl(url) === undefined
          ? helpers.error('url.path')
          : url,
      )
      .messages({
        'url.path': '{{#label}} must name a file on this machine after the scheme, or :memory:',
      })
      .description('The database: sqlite:<path of the file>, or sqlite::memory: for tests.')
      .example('sqlite:./data/app.sqlite'),
    boot: bootSchema(),
    criticality: criticalitySchema(),
    acquireTimeout: durationSchema()
      .min(1)
      .default('3s')
      .description('How long a statement or transaction waits for the connection, or for a lock.')
      .example('1s'),
    transactionTimeout: durationSchema()
      .min(1)
      .default('60s')
      .description('How long a transaction may take before it is rolled back.')
      .example('10s'),
    migrationsRun: Joi.boolean()
      .default(true)
      .description('Whether pending migrations run at the start, under a lock.')
      .example(false),
    synchronize: Joi.boolean()
      .default(false)
      .description(
        'Whether the schema is changed to match the entities at the start. For development: it may drop columns.',
      )
      .example(true),
  }),
);
