import { Module, type INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { getRepositoryToken } from '@nestjs/typeorm';
import {
  DatabaseModule,
  DatabaseService,
  type DatabaseConfig,
  type DatabaseEntity,
  type DatabaseModuleOptions,
} from 'nestjs-mainstay/database';
import { Operations, ResourceRegistry } from 'nestjs-mainstay/resource';
import { RecordedCalls } from 'nestjs-mainstay/testing';
import type { ObjectLiteral, Repository } from 'typeorm';

@Module({})
class DatabaseAppModule {}

/** An application that has a database and nothing else, for tests of what the database does under faults. */
export class DatabaseApp {
  readonly recorded: RecordedCalls;
  readonly #context: INestApplicationContext;

  private constructor(context: INestApplicationContext, recorded: RecordedCalls) {
    this.#context = context;
    this.recorded = recorded;
  }

  /** @param injected entities whose repositories are injected; Nest keeps them for all applications of the process */
  static async start(
    config: Partial<DatabaseConfig>,
    injected: readonly DatabaseEntity[] = [],
    options: Omit<DatabaseModuleOptions, 'config'> = {},
  ): Promise<DatabaseApp> {
    const recorded = new RecordedCalls();
    const imports = [
      recorded.asModule(),
      DatabaseModule.forRoot({ ...options, config }),
      DatabaseModule.forFeature(injected),
    ];
    const context = await NestFactory.createApplicationContext(
      { module: DatabaseAppModule, imports },
      { logger: false, abortOnError: false },
    );
    return new DatabaseApp(context, recorded);
  }

  get service(): DatabaseService {
    return this.#context.get(DatabaseService, { strict: false });
  }

  /** The repository as it is injected. */
  repository<E extends ObjectLiteral>(entity: new () => E): Repository<E> {
    return this.#context.get(getRepositoryToken(entity), { strict: false });
  }

  get registry(): ResourceRegistry {
    return this.#context.get(ResourceRegistry, { strict: false });
  }

  get breaker() {
    return this.#context.get(Operations, { strict: false }).find('database')?.breaker;
  }

  get isReady(): boolean {
    return this.registry.get('database')?.phase === 'ready';
  }

  close(): Promise<void> {
    return this.#context.close();
  }
}
