import { Module, type DynamicModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { MainstayModule } from 'nestjs-mainstay';
import { CacheModule } from 'nestjs-mainstay/cache';
import { ConfigModule } from 'nestjs-mainstay/config';
import { DatabaseModule } from 'nestjs-mainstay/database';
import { StorageModule } from 'nestjs-mainstay/storage';

const config = { ignoreEnvFile: true };

/** The same modules, put together in different ways. */
const compositions: Readonly<Record<string, () => (DynamicModule | Promise<DynamicModule>)[]>> = {
  'front door': () => [MainstayModule.forRoot({ config })],
  singly: () => [
    ConfigModule.forRoot(config),
    CacheModule.forRoot(),
    DatabaseModule.forRoot(),
    StorageModule.forRoot(),
  ],
  'two caches': () => [
    ConfigModule.forRoot(config),
    CacheModule.forRoot(),
    CacheModule.forRoot({ name: 'sessions' }),
  ],
};

@Module({ imports: compositions[process.env['COMPOSITION'] ?? 'singly']?.() ?? [] })
class AppModule {}

const app = await NestFactory.createApplicationContext(AppModule);
await app.close();
