import { Module } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { MainstayModule } from 'nestjs-mainstay';
import { Document } from './documents/document.entity.js';
import { DocumentsModule } from './documents/documents.module.js';
import { CreateDocuments1764000000000 } from './documents/migrations/1764000000000-create-documents.js';
import { HttpModule } from './http/http.module.js';
import { ProblemDetailsFilter } from './problem-details/problem-details.filter.js';
import { StartReportModule } from './start-report/start-report.module.js';

/** The service: documents on a cache, a database and a storage. */
@Module({
  imports: [
    MainstayModule.forRoot({
      database: { entities: [Document], migrations: [CreateDocuments1764000000000] },
    }),
    HttpModule,
    DocumentsModule,
    StartReportModule,
  ],
  providers: [{ provide: APP_FILTER, useClass: ProblemDetailsFilter }],
})
export class AppModule {}
