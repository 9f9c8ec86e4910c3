import { Module, type DynamicModule } from '@nestjs/common';
import { ConfigModuleSettings, type ConfigModuleOptions } from './config.options.js';
import type { ConfigDefinition } from './config-definition.js';
import { ConfigRequest, type ConfigRequestOptions } from './config-request.js';
import { ConfigRootModule } from './config-root.module.js';
import { getConfigToken } from './inject-config.js';
import { provideConfig } from './provide-config.js';

/** Gives modules their validated configuration; modules import the plain class. */
@Module({ imports: [ConfigRootModule], exports: [ConfigRootModule] })
export class ConfigModule {
  /**
   * Says where variables are read from; once, in the root module of the app.
   * @example
   * imports: [ConfigModule.forRoot({ envFilePath: ['.env.local', '.env'] })]
   */
  static forRoot(options: ConfigModuleOptions = {}): DynamicModule {
    return {
      module: ConfigModule,
      providers: [
        { provide: Symbol('ConfigModuleSettings'), useValue: new ConfigModuleSettings(options) },
      ],
    };
  }

  /**
   * Makes a configuration of the app's own injectable, validated with all others.
   * @example
   * imports: [ConfigModule.forFeature(paymentsConfig)]
   * constructor(@InjectConfig(paymentsConfig) private readonly config: PaymentsConfig) {}
   */
  static forFeature<T extends object>(
    definition: ConfigDefinition<T>,
    options: ConfigRequestOptions<T> = {},
  ): DynamicModule {
    const token = getConfigToken(definition, options.instance);
    return {
      module: ConfigModule,
      providers: provideConfig(token, new ConfigRequest(definition, options)),
      exports: [token],
    };
  }
}
