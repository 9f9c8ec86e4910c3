import {
  Cache,
  CacheModule,
  type CacheModuleOptions,
  type CacheOptionsFactory,
} from '@nestjs/cache-manager';
import { Injectable, Module } from '@nestjs/common';

/** Where the life of a session is set. */
@Injectable()
export class SessionSettings {
  readonly lifeMs = 100;
}

@Module({ providers: [SessionSettings], exports: [SessionSettings] })
class SessionSettingsModule {}

/** Makes the options of the cache of sessions. */
@Injectable()
export class SessionCacheOptions implements CacheOptionsFactory {
  createCacheOptions(): CacheModuleOptions {
    return { ttl: 100 };
  }
}

/** Sessions, which inject their cache by its type. */
@Injectable()
export class SessionsService {
  constructor(readonly cache: Cache) {}
}

/** The cache of sessions by a factory. */
@Module({
  imports: [
    CacheModule.registerAsync({
      imports: [SessionSettingsModule],
      inject: [SessionSettings],
      useFactory: async ({ lifeMs }: SessionSettings) => ({ ttl: lifeMs }),
    }),
  ],
  providers: [SessionsService],
})
export class SessionsByFactoryModule {}

/** The cache of sessions by a class. */
@Module({
  imports: [CacheModule.registerAsync({ useClass: SessionCacheOptions })],
  providers: [SessionsService],
})
export class SessionsByClassModule {}

/** The cache of sessions for all modules. */
@Module({
  imports: [
    CacheModule.registerAsync({
      isGlobal: true,
      inject: [SessionSettings],
      useFactory: ({ lifeMs }: SessionSettings) => ({ ttl: lifeMs }),
      extraProviders: [SessionSettings],
    }),
  ],
})
export class GlobalSessionsModule {}

/** Sessions that rely on a global cache. */
@Module({ providers: [SessionsService] })
export class SessionsModule {}
