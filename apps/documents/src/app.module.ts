import { Module } from '@nestjs/common';
import { MainstayModule } from 'nestjs-mainstay';
import { DocumentsModule } from './documents/documents.module.js';
import { documentsSchema } from './documents/documents.schema.js';
import { HttpModule } from './http/http.module.js';
import { ProblemDetailsModule } from './problem-details/problem-details.module.js';
import { StartReportModule } from './start-report/start-report.module.js';
import { SweepModule } from './sweep/sweep.module.js';

/** The service: documents on a cache, a database and a storage. */
@Module({
  imports: [
    MainstayModule.forRoot({ database: documentsSchema }),
    HttpModule,
    ProblemDetailsModule,
    DocumentsModule,
    StartReportModule,
    SweepModule,
  ],
})
export class AppModule {}
