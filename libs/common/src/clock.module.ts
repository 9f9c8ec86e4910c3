import { Module } from '@nestjs/common';
import { Clock } from './clock.js';
import { SystemClock } from './system-clock.js';

/** Provides the one {@link Clock} of the application. */
@Module({ providers: [{ provide: Clock, useClass: SystemClock }], exports: [Clock] })
export class ClockModule {}
