import { Module } from '@nestjs/common';
import { ClockModule } from 'nestjs-mainstay/common';
import { ConfigModule } from 'nestjs-mainstay/config';
import { HttpServerLimits } from './http-server-limits.js';
import { httpConfig } from './http.config.js';

/** Where the service listens, and how long clients may take. */
@Module({
  imports: [ClockModule, ConfigModule.forFeature(httpConfig)],
  providers: [HttpServerLimits],
})
export class HttpModule {}
