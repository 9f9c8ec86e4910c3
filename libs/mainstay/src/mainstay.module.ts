import { Module, type DynamicModule } from '@nestjs/common';
import { ConfigModule } from 'nestjs-mainstay/config';
import { ResourceModule } from 'nestjs-mainstay/resource';
import type { MainstayAsyncOptions, MainstayOptions } from './mainstay.options.js';
import { loadModules, loadModulesAsync } from './module-loader.js';

/**
 * The front door: cache, database, storage and status, from the environment, each switchable off. What is off is not
 * even imported, so that its peer dependencies need not be installed.
 *
 * @example
 * \@Module({ imports: [MainstayModule.forRoot({ database: { entities: [Order], migrations: [CreateOrders1] } })] })
 * export class AppModule {}
 */
@Module({})
export class MainstayModule {
  /**
   * @throws MissingPeerError (as a rejection, which Nest reports) when a module that is on needs a package that is not
   * installed
   */
  static forRoot(options: MainstayOptions = {}): Promise<DynamicModule> {
    return handled(assemble(loadModules(options), options));
  }

  /** As {@link forRoot}, with the options of each module made by a factory. */
  static forRootAsync(options: MainstayAsyncOptions = {}): Promise<DynamicModule> {
    return handled(assemble(loadModulesAsync(options), options));
  }
}

async function assemble(
  loading: Promise<DynamicModule[]>,
  { config, resource }: Pick<MainstayOptions, 'config' | 'resource'>,
): Promise<DynamicModule> {
  const modules = await loading;
  return {
    module: MainstayModule,
    imports: [
      ConfigModule.forRoot(config),
      ...(resource ? [ResourceModule.forRoot(resource)] : []),
      ...modules,
    ],
    exports: modules,
  };
}

/** Nest awaits the module later; until then a rejection would count as unhandled and end the process. */
function handled(module: Promise<DynamicModule>): Promise<DynamicModule> {
  module.catch(() => undefined);
  return module;
}
