import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { MainstayModule } from 'nestjs-mainstay';
import { OpenTelemetryModule } from 'nestjs-mainstay/status/opentelemetry';
import { PromClientModule } from 'nestjs-mainstay/status/prom-client';

import { CreateNotes1764000000000 } from './create-notes.js';
import { Note } from './note.entity.js';
import { NotesController } from './notes.controller.js';

@Module({
  imports: [
    MainstayModule.forRoot({
      database: { entities: [Note], migrations: [CreateNotes1764000000000] },
      ...(process.env['WITHOUT_STATUS'] ? { status: false } : {}),
    }),
    OpenTelemetryModule.forRoot(),
    ...(process.env['WITHOUT_STATUS'] ? [] : [PromClientModule.forRoot()]),
    TypeOrmModule.forFeature([Note]),
  ],
  controllers: [NotesController],
})
export class AppModule {}
