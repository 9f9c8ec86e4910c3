import { Module, type DynamicModule, type Provider } from '@nestjs/common';
import { getDataSourceToken, TypeOrmModule, type TypeOrmModuleOptions } from '@nestjs/typeorm';
import { Clock, ClockModule } from 'nestjs-mainstay/common';
import { ConfigModule, ConfigRequest, provideConfig } from 'nestjs-mainstay/config';
import { Operations, ResourceInitializer, ResourceModule } from 'nestjs-mainstay/resource';
import type { DataSourceOptions } from 'typeorm';
import { createDataSource, toDataSourceOptions } from './data-source/create-data-source.js';
import type { MainstayDataSource } from './data-source/mainstay-data-source.js';
import { databaseConfig, type DatabaseConfig } from './database.config.js';
import type {
  DatabaseEntity,
  DatabaseLateOptions,
  DatabaseModuleAsyncOptions,
  DatabaseModuleOptions,
} from './database.options.js';
import { DatabaseResource, databaseResourceName } from './database.resource.js';
import { DatabaseService } from './database.service.js';
import { getDatabaseToken, getTransactionManagerToken } from './database.tokens.js';

/** Tokens of what only this module and TypeORM's see. */
const CONFIG = Symbol('nestjs-mainstay.database-config');
const LATE_OPTIONS = Symbol('nestjs-mainstay.database-late-options');

/** Holds the configuration of one instance, for this module and for TypeORM's. @internal */
@Module({})
export class DatabaseConfigModule {}

/**
 * A database whose start is verified, that the application starts and lives without, and that comes back by itself.
 * `@InjectRepository()` and `@InjectDataSource()` of `@nestjs/typeorm` work as ever, and take part in transactions.
 * @example
 * \@Module({ imports: [DatabaseModule.forRoot({ entities: [Order] }), DatabaseModule.forFeature([Order])] })
 * export class AppModule {}
 */
@Module({})
export class DatabaseModule {
  /** A data source; `DATABASE_URL` says where. */
  static forRoot(options: DatabaseModuleOptions = {}): DynamicModule {
    const request = new ConfigRequest(databaseConfig, {
      instance: options.name,
      overrides: options.config,
    });
    return assemble(options, {
      module: DatabaseConfigModule,
      imports: [ConfigModule],
      providers: [...provideConfig(CONFIG, request), { provide: LATE_OPTIONS, useValue: {} }],
      exports: [CONFIG, LATE_OPTIONS],
    });
  }

  /** As {@link forRoot}, with options from a factory. */
  static forRootAsync(options: DatabaseModuleAsyncOptions): DynamicModule {
    const request = new ConfigRequest(databaseConfig, { instance: options.name });
    const late = {
      inject: [LATE_OPTIONS],
      useFactory: ({ config }: DatabaseLateOptions) => config as Partial<DatabaseConfig>,
    };
    return assemble(options, {
      module: DatabaseConfigModule,
      imports: [ConfigModule, ...(options.imports ?? [])],
      providers: [
        ...provideConfig(CONFIG, request, late),
        {
          provide: LATE_OPTIONS,
          inject: [...(options.inject ?? [])],
          useFactory: options.useFactory,
        },
      ],
      exports: [CONFIG, LATE_OPTIONS],
    });
  }

  /**
   * Makes the repositories of entities injectable in the importing module.
   * @param name of the instance; @default the one without a name
   */
  static forFeature(entities: readonly DatabaseEntity[], name?: string): DynamicModule {
    return TypeOrmModule.forFeature(
      entities as Parameters<typeof TypeOrmModule.forFeature>[0],
      name,
    );
  }
}

function assemble(options: DatabaseModuleOptions, configModule: DynamicModule): DynamicModule {
  const { name } = options;
  return {
    module: DatabaseModule,
    global: options.isGlobal ?? false,
    imports: [importTypeorm(options, configModule)],
    providers: provideServices(name),
    exports: [getDatabaseToken(name), getTransactionManagerToken(name)],
  };
}

function provideServices(name: string | undefined): Provider[] {
  const inject = [getDataSourceToken(name)];
  return [
    {
      provide: getDatabaseToken(name),
      inject,
      useFactory: (dataSource: MainstayDataSource) => new DatabaseService(dataSource),
    },
    {
      provide: getTransactionManagerToken(name),
      inject,
      useFactory: ({ transactions }: MainstayDataSource) => transactions,
    },
  ];
}

/** The data source is started before it is injected anywhere: what is injected is ready, or knowingly degraded. */
function importTypeorm(options: DatabaseModuleOptions, configModule: DynamicModule): DynamicModule {
  const { name } = options;
  const resourceName = databaseResourceName(name);
  return TypeOrmModule.forRootAsync({
    ...(name === undefined ? {} : { name }),
    imports: [configModule, ClockModule, ResourceModule],
    inject: [CONFIG, LATE_OPTIONS, Clock, Operations, ResourceInitializer],
    useFactory: async (
      config: DatabaseConfig,
      late: DatabaseLateOptions,
      clock: Clock,
      operations: Operations,
      initializer: ResourceInitializer,
    ) => {
      const environment = { name: resourceName, config, clock, operations };
      return {
        ...(await toDataSourceOptions(environment, { ...options, ...late })),
        [START]: (dataSource) => initializer.start(new DatabaseResource(config, dataSource)),
        autoLoadEntities: true,
        manualInitialization: true,
        // Retrying is the initialiser's; TypeORM's module would log and wait on its own.
        retryAttempts: 0,
        toRetry: () => false,
      } as TypeOrmModuleOptions & Starting;
    },
    dataSourceFactory: async (prepared) => {
      const dataSource = await createDataSource(prepared as DataSourceOptions);
      await (prepared as Partial<Starting> as Starting)[START](dataSource);
      return dataSource;
    },
  });
}

/** Carries the start of the resource from the options factory, which can inject, to the data source factory, which cannot. */
const START = Symbol('nestjs-mainstay.database-start');

interface Starting {
  readonly [START]: (dataSource: MainstayDataSource) => Promise<void>;
}
