import { Module } from '@nestjs/common';
import { ClockModule } from 'nestjs-mainstay/common';
import { ConfigModule, getConfigToken } from 'nestjs-mainstay/config';
import { DatabaseModule } from 'nestjs-mainstay/database';
import { UPLOAD_OPTIONS } from '../upload/upload.options.js';
import { UploadReceiver } from '../upload/upload.receiver.js';
import { DocumentContentController } from './document-content.controller.js';
import { DocumentContent } from './document-content.js';
import { DocumentIds } from './document-ids.js';
import { documentsConfig } from './documents.config.js';
import { documentsSchema } from './documents.schema.js';
import { DocumentsController } from './documents.controller.js';
import { DocumentsRepository } from './documents.repository.js';
import { DocumentsService } from './documents.service.js';
import { PendingContents } from './pending-contents.js';
import { ProcessName } from './process-name.js';

/** Documents: uploaded, listed, downloaded, deleted. */
@Module({
  imports: [
    ClockModule,
    ConfigModule.forFeature(documentsConfig),
    DatabaseModule.forFeature(documentsSchema.entities),
  ],
  controllers: [DocumentsController, DocumentContentController],
  providers: [
    { provide: UPLOAD_OPTIONS, useExisting: getConfigToken(documentsConfig) },
    DocumentContent,
    DocumentIds,
    DocumentsRepository,
    DocumentsService,
    PendingContents,
    { provide: ProcessName, useFactory: () => ProcessName.own() },
    UploadReceiver,
  ],
  exports: [DocumentContent, DocumentsRepository, PendingContents],
})
export class DocumentsModule {}
