import { Module } from '@nestjs/common';
import { cacheConfig } from 'nestjs-mainstay/cache';
import { ConfigModule } from 'nestjs-mainstay/config';
import { databaseConfig } from 'nestjs-mainstay/database';
import { ResourceModule } from 'nestjs-mainstay/resource';
import { storageConfig } from 'nestjs-mainstay/storage';
import { StartReport } from './start-report.js';

/** Tells how the start went. */
@Module({
  imports: [
    ConfigModule.forFeature(cacheConfig),
    ConfigModule.forFeature(databaseConfig),
    ConfigModule.forFeature(storageConfig),
    ResourceModule,
  ],
  providers: [StartReport],
})
export class StartReportModule {}
