import { readEnvFile } from './env-file.js';
import { Environment } from './environment.js';
import { ConfigurationError } from './config.errors.js';
import type { ConfigModuleOptions } from './config.options.js';

/**
 * Takes the variables of the process, then of the files. The files of the app's own `@nestjs/config` need no reading:
 * Nest has put them into `process.env`, below what was set there, before any provider is built.
 * @param all the options of every `ConfigModule.forRoot()`
 */
export function readEnvironment(all: readonly ConfigModuleOptions[]): Environment {
  const { env, envFilePath, ignoreEnvFile } = mergeOptions(all);
  const files = ignoreEnvFile === true ? [] : [envFilePath ?? '.env'].flat();
  const layers = files.map((file) => readEnvFile(file));
  return new Environment([{ file: undefined, variables: env ?? process.env }, ...layers]);
}

function mergeOptions(all: readonly ConfigModuleOptions[]): ConfigModuleOptions {
  const merged: Record<string, unknown> = {};
  for (const [name, value] of all.flatMap((options) => Object.entries(options))) {
    if (value === undefined) continue;
    if (name in merged && JSON.stringify(merged[name]) !== JSON.stringify(value)) refuse(name);
    merged[name] = value;
  }
  return merged;
}

function refuse(name: string): never {
  throw new ConfigurationError([
    {
      variable: `ConfigModule.forRoot({ ${name} })`,
      found: 'two different values, in two calls of forRoot()',
      allowed: 'one value for the application',
      fix: 'call ConfigModule.forRoot() once, in the root module',
    },
  ]);
}
