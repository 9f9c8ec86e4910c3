import { Module } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { ClockModule } from 'nestjs-mainstay/common';
import { ProblemDetailsFilter } from './problem-details.filter.js';

/** Every error of every route as `application/problem+json`. */
@Module({
  imports: [ClockModule],
  providers: [{ provide: APP_FILTER, useClass: ProblemDetailsFilter }],
})
export class ProblemDetailsModule {}
