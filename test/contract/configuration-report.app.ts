import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { cacheConfig } from 'nestjs-mainstay/cache';
import { ConfigModule } from 'nestjs-mainstay/config';
import { databaseConfig } from 'nestjs-mainstay/database';
import { storageConfig } from 'nestjs-mainstay/storage';

@Module({
  imports: [
    ConfigModule.forRoot({ ignoreEnvFile: true }),
    ConfigModule.forFeature(cacheConfig),
    ConfigModule.forFeature(databaseConfig),
    ConfigModule.forFeature(storageConfig),
  ],
})
class AppModule {}

const app = await NestFactory.createApplicationContext(AppModule);
await app.close();
