import { Module } from '@nestjs/common';
import { MainstayModule } from 'nestjs-mainstay';
import { OpenTelemetryModule } from 'nestjs-mainstay/status/opentelemetry';
import { PromClientModule } from 'nestjs-mainstay/status/prom-client';

import { GreetingController } from './greeting.controller';
import { GreetingService } from './greeting.service';

@Module({
  imports: [MainstayModule.forRoot(), OpenTelemetryModule.forRoot(), PromClientModule.forRoot()],
  controllers: [GreetingController],
  providers: [GreetingService],
})
export class AppModule {}
