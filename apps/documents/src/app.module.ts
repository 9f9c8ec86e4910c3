import { Module } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { MainstayModule } from 'nestjs-mainstay';
import { DocumentsModule } from './documents/documents.module.js';
import { documentsSchema } from './documents/documents.schema.js';
import { HttpModule } from './http/http.module.js';
import { ProblemDetailsFilter } from './problem-details/problem-details.filter.js';
import { StartReportModule } from './start-report/start-report.module.js';
import { SweepModule } from './sweep/sweep.module.js';

/** The service: documents on a cache, a database and a storage. */
@Module({
  imports: [
    MainstayModule.forRoot({ database: documentsSchema }),
    HttpModule,
    DocumentsModule,
    StartReportModule,
    SweepModule,
  ],
  providers: [{ provide: APP_FILTER, useClass: ProblemDetailsFilter }],
})
export class AppModule {}
