import { Controller, Get } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { CacheService } from 'nestjs-mainstay/cache';
import { DatabaseService } from 'nestjs-mainstay/database';
import { Resilient } from 'nestjs-mainstay/resilience';
import { StorageService } from 'nestjs-mainstay/storage';
import { register } from 'prom-client';
import { Repository } from 'typeorm';

import { Note } from './note.entity.js';

@Controller('notes')
export class NotesController {
  #moodsAsked = 0;

  constructor(
    private readonly cache: CacheService,
    private readonly database: DatabaseService,
    private readonly storage: StorageService,
    @InjectRepository(Note) private readonly notes: Repository<Note>,
  ) {}

  /** A route that fails at first. */
  @Resilient({ resource: 'moods', idempotent: true })
  @Get('mood')
  async mood(): Promise<object> {
    this.#moodsAsked++;
    if (this.#moodsAsked > 1) return { mood: 'calm' };
    throw Object.assign(new Error('reset'), { code: 'ECONNRESET' });
  }

  /** What an existing registry of prom-client shows. */
  @Get('prom-client')
  promClient(): Promise<string> {
    return register.metrics();
  }

  @Get('round-trip')
  async roundTrip(): Promise<object> {
    const { text } = await this.notes.save(this.notes.create({ text: 'kept' }));
    const [row] = await this.database.query<{ text: string }[]>(
      'SELECT text FROM note WHERE text = ?',
      [text],
    );
    return {
      cached: await this.cache.set('note', { text }),
      fromCache: await this.cache.get<{ text: string }>('note'),
      fromDatabase: row,
      stored: await this.storage.write('note.txt', text),
      fromStorage: (await this.storage.read('note.txt')).toString(),
    };
  }
}
