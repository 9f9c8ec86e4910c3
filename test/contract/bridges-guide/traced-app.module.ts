import { Module } from '@nestjs/common';
import { MainstayModule } from 'nestjs-mainstay';
import { OpenTelemetryModule } from 'nestjs-mainstay/status/opentelemetry';

@Module({ imports: [MainstayModule.forRoot(), OpenTelemetryModule.forRoot()] })
export class TracedAppModule {}
