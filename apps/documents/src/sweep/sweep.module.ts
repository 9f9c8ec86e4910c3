import { Module } from '@nestjs/common';
import { ClockModule } from 'nestjs-mainstay/common';
import { DatabaseModule } from 'nestjs-mainstay/database';
import { ResourceModule } from 'nestjs-mainstay/resource';
import { documentsSchema } from '../documents/documents.schema.js';
import { DocumentsModule } from '../documents/documents.module.js';
import { ContentAudit } from './content-audit.js';
import { LostDocuments } from './lost-documents.js';
import { OrphanedContents } from './orphaned-contents.js';
import { PendingSweep } from './pending-sweep.js';
import { SweepSchedule } from './sweep.schedule.js';
import { SweepService } from './sweep.service.js';

/** Sees to it that documents and contents match, whatever happened. */
@Module({
  imports: [
    ClockModule,
    DatabaseModule.forFeature(documentsSchema.entities),
    DocumentsModule,
    ResourceModule,
  ],
  providers: [
    ContentAudit,
    LostDocuments,
    OrphanedContents,
    PendingSweep,
    SweepSchedule,
    SweepService,
  ],
})
export class SweepModule {}
