import KeyvRedis from '@keyv/redis';
import { describeModuleContract } from 'nestjs-mainstay/testing/contract';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { account } from '../support/servers/postgres-account.js';
import { PostgresServer } from '../support/servers/postgres-server.js';
import { RedisServer } from '../support/servers/redis-server.js';
import { describeOwnServers } from '../support/servers/describe-own-servers.js';
import { cacheSubject } from './module-contract/cache-subject.js';
import { databaseSubject } from './module-contract/database-subject.js';
import { SECRET } from './module-contract/secret.js';
import { ServerDependency } from './module-contract/server-dependency.js';

let redis: ServerDependency;
let postgres: ServerDependency;
let redisUrl: string;
let postgresUrl: string;

describeOwnServers('status rule 17: the module contract, on Redis and PostgreSQL', () => {
  beforeAll(async () => {
    const redisServer = await RedisServer.start({ args: ['--requirepass', SECRET] });
    redis = new ServerDependency(redisServer);
    redisUrl = `redis://:${SECRET}@127.0.0.1:${redisServer.port}/0`;
    const postgresServer = await PostgresServer.start();
    postgres = new ServerDependency(postgresServer);
    postgresUrl = postgresServer.url;
  });
  afterAll(async () => {
    await redis?.dispose();
    await postgres?.dispose();
  });

  describeModuleContract(
    { describe, it },
    cacheSubject(
      'CacheModule on Redis',
      () => ({ url: redisUrl }),
      ServerDependency.of(() => redis),
    ),
  );
  describeModuleContract(
    { describe, it },
    cacheSubject(
      'CacheModule on a store of Keyv',
      () => ({ store: () => new KeyvRedis(redisUrl) }),
      ServerDependency.of(() => redis),
    ),
  );
  describeModuleContract(
    { describe, it },
    {
      ...databaseSubject(
        'DatabaseModule on PostgreSQL',
        () => postgresUrl,
        '$1::text',
        ServerDependency.of(() => postgres),
      ),
      secret: account.password,
    },
  );
});
