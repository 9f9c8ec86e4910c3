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
import { ENGINE_PROTOCOLS, engineOf } from './engine/engines.js';

/** Configuration of DatabaseModule; read from `DATABASE_*`, of a named instance from `DATABASE_<NAME>_*`. */
export interface DatabaseConfig {
  readonly url: string;
  readonly boot: Boot;
  readonly criticality: Criticality;
  readonly poolSize: number;
  readonly connectTimeout: number;
  readonly acquireTimeout: number;
  readonly statementTimeout: number;
  readonly transactionTimeout: number;
  readonly migrationsRun: boolean;
  readonly synchronize: boolean;
}

/** How DatabaseModule reads its configuration. */
export const databaseConfig = defineConfig<DatabaseConfig>(
  'database',
  Joi.object<DatabaseConfig>({
    url: urlSchema({
      protocols: ENGINE_PROTOCOLS,
      embeddedDefault: 'sqlite:./data/database.sqlite',
    })
      .custom((url: string, helpers) => {
        const problem = engineOf(url)?.findUrlProblem(url);
        return problem === undefined ? url : helpers.error('url.engine', { problem });
      })
      .messages({ 'url.engine': '{{#label}} {{#problem}}' })
      .description(
        'The database: postgres://user:password@host:5432/database, sqlite:<path of the file>, or sqlite::memory: for tests.',
      )
      .example('postgres://app:secret@localhost:5432/app'),
    boot: bootSchema(),
    criticality: criticalitySchema(),
    poolSize: Joi.number()
      .integer()
      .min(1)
      .default(10)
      .description('Connections to the server at most. SQLite always has one.')
      .example(20),
    connectTimeout: durationSchema()
      .min(1)
      .default('2500ms')
      .description(
        'How long one connection to the server may take to be made, and each step of the start that talks to it. Without effect on SQLite.',
      )
      .example('5s'),
    acquireTimeout: durationSchema()
      .min(1)
      .default('3s')
      .description(
        'How long a statement or transaction waits for a connection; on SQLite also for a lock of another process.',
      )
      .example('1s'),
    statementTimeout: durationSchema()
      .min(1)
      .default('10s')
      .description(
        'How long one statement may take, on the server and here. Without effect on SQLite, which works inside the process.',
      )
      .example('30s'),
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
