import { Controller, Get, Param } from '@nestjs/common';
import { DatabaseService } from 'nestjs-mainstay/database';
import { StorageService } from 'nestjs-mainstay/storage';
import { register } from 'prom-client';

import { GreetingService } from './greeting.service';

@Controller('greetings')
export class GreetingController {
  constructor(
    private readonly greetings: GreetingService,
    private readonly database: DatabaseService,
    private readonly storage: StorageService,
  ) {}

  /** What an existing registry of prom-client shows. */
  @Get('metrics/prom-client')
  promClient(): Promise<string> {
    return register.metrics();
  }

  @Get(':name')
  async greet(@Param('name') name: string): Promise<object> {
    const greeting = await this.greetings.greet(name);
    await this.storage.write('greeting.txt', greeting);
    return {
      greeting,
      mood: await this.greetings.mood(),
      fromDatabase: await this.database.query('SELECT 1 AS one'),
      fromStorage: (await this.storage.read('greeting.txt')).toString(),
    };
  }
}
