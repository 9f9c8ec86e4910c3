import { Module } from '@nestjs/common';
import { ConfigLoader } from './config-loader.js';

/** Holds the one {@link ConfigLoader} of the application, however often `ConfigModule` is imported. @internal */
@Module({ providers: [ConfigLoader], exports: [ConfigLoader] })
export class ConfigRootModule {}
