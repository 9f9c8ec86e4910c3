import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  Injectable,
  Module,
  type DynamicModule,
  type LoggerService,
  type Type,
} from '@nestjs/common';
import { ConfigModule as NestConfigModule } from '@nestjs/config';
import { LazyModuleLoader } from '@nestjs/core';
import { Test, type TestingModule } from '@nestjs/testing';
import Joi from 'joi';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ConfigLoader } from './config-loader.js';
import { defineConfig } from './config-definition.js';
import { ConfigRequest } from './config-request.js';
import type { ConfigurationError } from './config.errors.js';
import { ConfigModule } from './config.module.js';
import type { ConfigModuleOptions } from './config.options.js';
import { getConfigToken, InjectConfig } from './inject-config.js';
import { provideConfig, type LateOverrides } from './provide-config.js';
import { durationSchema } from './schemas/quantity.schema.js';
import { urlSchema } from './schemas/url.schema.js';

interface CacheConfig {
  readonly url: string;
  readonly ttl: number;
  readonly tags: readonly string[];
}

interface StorageConfig {
  readonly url: string;
  readonly fallbackUrl?: string;
}

const cacheConfig = defineConfig<CacheConfig>(
  'cache',
  Joi.object<CacheConfig>({
    url: urlSchema({ protocols: ['memory:', 'redis:'], embeddedDefault: 'memory:' }).example(
      'redis://localhost:6379/0',
    ),
    ttl: durationSchema().min(1).default('5m'),
    tags: Joi.array().items(Joi.string()).default([]),
  }),
);

const storageConfig = defineConfig<StorageConfig>(
  'storage',
  Joi.object<StorageConfig>({
    url: urlSchema({ protocols: ['file:', 's3:'], embeddedDefault: 'file:./data/storage' }),
    fallbackUrl: urlSchema({ protocols: ['file:'] }),
  }),
);

type Env = Readonly<Record<string, string>>;

const warn = vi.fn<(message: unknown) => void>();
const logger: LoggerService = { log: () => undefined, warn, error: () => undefined };

function start(
  imports: readonly (DynamicModule | Type)[],
  env: Env,
  options: ConfigModuleOptions = {},
): Promise<TestingModule> {
  const root = ConfigModule.forRoot({ env, ignoreEnvFile: true, ...options });
  return Test.createTestingModule({ imports: [root, ...imports] })
    .setLogger(logger)
    .compile();
}

async function failureOf(starting: Promise<unknown>): Promise<ConfigurationError> {
  const error: unknown = await starting.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toMatchObject({ code: 'CONFIGURATION_INVALID' });
  return error as ConfigurationError;
}

function featureOf<T extends object>(
  request: ConfigRequest<T>,
  late?: LateOverrides<T>,
): DynamicModule {
  @Module({})
  class FeatureModule {}
  const providers = provideConfig('CONFIG', request, late);
  return { module: FeatureModule, imports: [ConfigModule], providers, exports: ['CONFIG'] };
}

const cacheModule = (options?: ConstructorParameters<typeof ConfigRequest<CacheConfig>>[1]) =>
  featureOf(new ConfigRequest(cacheConfig, options));
const storageModule = (options?: ConstructorParameters<typeof ConfigRequest<StorageConfig>>[1]) =>
  featureOf(new ConfigRequest(storageConfig, options));

function configOf(app: TestingModule): unknown {
  return app.get('CONFIG', { strict: false });
}

const warnings = (): string[] => warn.mock.calls.map(([message]) => String(message));

afterEach(() => {
  vi.clearAllMocks();
  vi.unstubAllEnvs();
});

describe('ConfigLoader: reading', () => {
  it('gives defaults, converted', async () => {
    const app = await start([cacheModule()], {});
    expect(configOf(app)).toEqual({ url: 'memory:', ttl: 300_000, tags: [] });
  });

  it('gives what is set, converted', async () => {
    const env = { CACHE_URL: 'redis://h', CACHE_TTL: ' 30s ', CACHE_TAGS: 'a, b,,c' };
    const app = await start([cacheModule()], env);
    expect(configOf(app)).toEqual({ url: 'redis://h', ttl: 30_000, tags: ['a', 'b', 'c'] });
  });

  it('lets options in code win over the environment, converted the same way', async () => {
    const overrides = { url: 'memory:', ttl: '1s' as unknown as number };
    const env = { CACHE_URL: 'redis://h', CACHE_TTL: 'banana' };
    const app = await start([cacheModule({ overrides })], env);
    expect(configOf(app)).toMatchObject({ url: 'memory:', ttl: 1_000 });
  });

  it('takes an option that is undefined for an absent one', async () => {
    const overrides = { ttl: undefined } as unknown as Partial<CacheConfig>;
    const app = await start([cacheModule({ overrides })], { CACHE_TTL: '30s' });
    expect(configOf(app)).toMatchObject({ ttl: 30_000 });
  });

  it('takes a blank variable for an unset one', async () => {
    const app = await start([cacheModule()], { CACHE_URL: '', CACHE_TTL: '  ' });
    expect(configOf(app)).toMatchObject({ url: 'memory:', ttl: 300_000 });
  });

  it('freezes the config to its leaves, and leaves the options of the caller alone', async () => {
    const tags = ['a'];
    const app = await start([cacheModule({ overrides: { tags } })], {});
    const config = configOf(app) as CacheConfig;
    expect(Object.isFrozen(config)).toBe(true);
    expect(Object.isFrozen(config.tags)).toBe(true);
    expect(Object.isFrozen(tags)).toBe(false);
  });

  it('reads a named instance from its own variables only', async () => {
    const env = { CACHE_TTL: '1s', CACHE_SESSIONS_URL: 'redis://s' };
    const app = await start([cacheModule({ instance: 'sessions' })], env);
    expect(configOf(app)).toEqual({ url: 'redis://s', ttl: 300_000, tags: [] });
  });

  it('keeps applications in one process apart', async () => {
    const [first, second] = await Promise.all([
      start([cacheModule()], { CACHE_TTL: '1s' }),
      start([cacheModule()], { CACHE_TTL: '2s' }),
    ]);
    expect(configOf(first)).toMatchObject({ ttl: 1_000 });
    expect(configOf(second)).toMatchObject({ ttl: 2_000 });
  });

  it('validates the request of a lazily loaded module when that is loaded', async () => {
    const app = await start([cacheModule()], { STORAGE_URL: 'ftp://x' });
    const loading = app.get(LazyModuleLoader).load(() => storageModule());
    expect((await failureOf(loading)).violations).toMatchObject([{ variable: 'STORAGE_URL' }]);
  });

  it('gives modules of an app their own configuration', async () => {
    const app = await start([ConfigModule.forFeature(cacheConfig, { instance: 'x' })], {
      CACHE_X_TTL: '1s',
    });
    const token = getConfigToken(cacheConfig, 'x');
    expect(app.get(token, { strict: false })).toMatchObject({ ttl: 1_000 });
  });

  it('is injected by the definition', async () => {
    @Injectable()
    class Consumer {
      constructor(@InjectConfig(cacheConfig) readonly config: CacheConfig) {}
    }
    @Module({ imports: [ConfigModule.forFeature(cacheConfig)], providers: [Consumer] })
    class ConsumerModule {}
    const app = await start([ConsumerModule], { CACHE_TTL: '1s' });
    expect(app.get(Consumer).config).toMatchObject({ ttl: 1_000 });
  });

  it('knows production from where variables are read', async () => {
    const production = await start([], { NODE_ENV: 'production' });
    const development = await start([], {});
    expect(production.get(ConfigLoader, { strict: false }).isProduction).toBe(true);
    expect(development.get(ConfigLoader, { strict: false }).isProduction).toBe(false);
  });

  it('is one for the application, however often ConfigModule is imported', async () => {
    await start([cacheModule(), storageModule(), ConfigModule], {});
    expect(warnings()).toHaveLength(1);
  });
});

describe('ConfigLoader: the report', () => {
  it('has all violations of all modules, named instances included, in one error', async () => {
    const modules = [
      cacheModule(),
      cacheModule({ instance: 'sessions' }),
      storageModule(),
      ConfigModule.forFeature(storageConfig, { instance: 'archive' }),
    ];
    const { violations } = await failureOf(
      start(modules, {
        CACHE_URL: 'http://x',
        CACHE_TTL: 'banana',
        CACHE_SESSIONS_TTL: '-1',
        STORAGE_FALLBACK_URL: 's3://x',
        STORAGE_ARCHIVE_URL: 'zip:x',
      }),
    );
    expect(violations.map(({ variable }) => variable).sort()).toEqual([
      'CACHE_SESSIONS_TTL',
      'CACHE_TTL',
      'CACHE_URL',
      'STORAGE_ARCHIVE_URL',
      'STORAGE_FALLBACK_URL',
    ]);
  });

  it('says what was found, what is allowed, and how to fix it', async () => {
    const { violations } = await failureOf(start([cacheModule()], { CACHE_TTL: 'banana' }));
    expect(violations).toEqual([
      {
        variable: 'CACHE_TTL',
        found: '"banana"',
        allowed: 'a duration (250ms, 30s, 5m, 1h, or milliseconds), at least 1ms',
        fix: 'set e.g. CACHE_TTL=5m, or remove CACHE_TTL to get the default 5m',
      },
    ]);
  });

  it('shows no secret of a URL', async () => {
    const error = await failureOf(
      start([storageModule()], { STORAGE_URL: 'ftp://user:hunter2@x?key=hunter2' }),
    );
    expect(error.violations).toMatchObject([{ found: '"ftp://***@x?***"' }]);
    expect(error.message).not.toContain('hunter2');
  });

  it('never shows the value of a secret, nor repeats it from a message', async () => {
    const checked = Joi.string().custom((value: string) => {
      throw new Error(`${value} is too simple`);
    });
    const definition = defineConfig('pay', Joi.object({ apiKey: checked, plain: checked }));
    const error = await failureOf(
      start([ConfigModule.forFeature(definition)], {
        PAY_API_KEY: 'hunter2',
        PAY_PLAIN: 'https://u:hunter2@x?auth=hunter2',
      }),
    );
    expect(error.violations).toMatchObject([
      { found: 'a secret value' },
      { variable: 'PAY_PLAIN' },
    ]);
    expect(error.message).toContain('is too simple');
    expect(error.message).not.toContain('hunter2');
  });

  it("gives the reason of a schema's own rule beside what is allowed", async () => {
    const url = urlSchema({ protocols: ['sqlite:'] })
      .custom((value: string, helpers) => (value === 'sqlite:' ? helpers.error('url.path') : value))
      .messages({ 'url.path': '{{#label}} must name a file' });
    const module = ConfigModule.forFeature(defineConfig('db', Joi.object({ url })));
    const { violations } = await failureOf(start([module], { DB_URL: 'sqlite:' }));
    expect(violations).toMatchObject([
      { allowed: 'a URL that begins with sqlite:; it must name a file' },
    ]);
    const scheme = await failureOf(start([module], { DB_URL: 'ftp:x' }));
    expect(scheme.violations).toMatchObject([{ allowed: 'a URL that begins with sqlite:' }]);
  });

  it('names what is required and missing', async () => {
    const url = urlSchema({ protocols: ['https:'] })
      .required()
      .example('https://pay.example');
    const definition = defineConfig('pay', Joi.object({ url }));
    const { violations } = await failureOf(start([ConfigModule.forFeature(definition)], {}));
    expect(violations).toEqual([
      {
        variable: 'PAY_URL',
        found: 'nothing',
        allowed: 'a URL that begins with https:',
        fix: 'set it, e.g. PAY_URL=https://pay.example',
      },
    ]);
  });

  it('names options in code as such', async () => {
    const overrides = { ttl: -1, tll: 5 } as Partial<CacheConfig>;
    const { violations } = await failureOf(start([cacheModule({ overrides })], {}));
    expect(violations).toMatchObject([
      { variable: 'cache.ttl (in code)', found: '"-1"', fix: 'correct the option ttl, e.g. 5m' },
      {
        variable: 'cache.tll (in code)',
        found: 'an option that does not exist',
        allowed: 'url, ttl, tags',
      },
    ]);
  });

  it('shows no content of an object that is given in code', async () => {
    const overrides = { url: { password: 'hunter2' } as unknown as string };
    const { violations } = await failureOf(start([cacheModule({ overrides })], {}));
    expect(violations).toMatchObject([{ found: 'a value of type object' }]);
  });

  it('names combinations that are not allowed', async () => {
    const schema = Joi.object({ user: Joi.string(), password: Joi.string() }).and(
      'user',
      'password',
    );
    const definition = defineConfig('pay', schema);
    const starting = start([ConfigModule.forFeature(definition)], { PAY_USER: 'me' });
    expect((await failureOf(starting)).violations).toMatchObject([
      {
        variable: 'PAY_*',
        found: 'a combination that is not allowed',
        fix: 'correct one of PAY_USER, PAY_PASSWORD',
      },
    ]);
  });

  it('refuses a variable that two modules would read as different things', async () => {
    const starting = start([storageModule(), storageModule({ instance: 'fallback' })], {
      STORAGE_FALLBACK_URL: 'file:./x',
    });
    expect((await failureOf(starting)).violations).toMatchObject([
      {
        variable: 'STORAGE_FALLBACK_URL',
        found: 'two readers: "fallbackUrl" of storage and "url" of storage:fallback',
      },
    ]);
  });
});

describe('ConfigLoader: near names', () => {
  it('refuses one whose right variable is unset, and says nothing else of that', async () => {
    const env = { NODE_ENV: 'production', CAHCE_URL: 'redis://u:hunter2@h' };
    const { violations, message } = await failureOf(start([cacheModule()], env));
    expect(violations).toMatchObject([
      {
        variable: 'CACHE_URL',
        found: 'nothing; but CAHCE_URL is set, which nobody reads',
        fix: 'rename CAHCE_URL to CACHE_URL; if it is meant for something else, set CACHE_URL as well',
      },
    ]);
    expect(message).not.toContain('hunter2');
  });

  it('warns of one whose right variable is set', async () => {
    await start([cacheModule()], { CAHCE_URL: 'redis://a', CACHE_URL: 'redis://b' });
    expect(warnings()).toEqual([expect.stringContaining('CAHCE_URL is set, but nobody reads it')]);
  });

  it('warns of one whose right variable is given in code', async () => {
    await start([cacheModule({ overrides: { url: 'memory:' } })], { CAHCE_URL: 'redis://a' });
    expect(warnings()).toEqual([expect.stringContaining('CAHCE_URL')]);
  });

  it('leaves names alone that another module reads', async () => {
    const schema = Joi.object({ uri: Joi.string() });
    const other = ConfigModule.forFeature(defineConfig('cache', schema));
    const app = await start([cacheModule(), other], { CACHE_URI: 'x' });
    expect(configOf(app)).toMatchObject({ url: 'memory:' });
  });

  it('considers only names near those that somebody reads', async () => {
    await start([cacheModule({ overrides: { url: 'memory:' } })], { DATABSE_URL: 'x', PATH: 'y' });
    expect(warnings()).toEqual([]);
  });
});

describe('ConfigLoader: zero-setup mode', () => {
  it('is logged loudly, once for all modules', async () => {
    await start([cacheModule(), storageModule()], {});
    expect(warnings()).toEqual([
      expect.stringMatching(
        /ZERO-SETUP.*CACHE_URL \(memory:\), STORAGE_URL \(file:\.\/data\/storage\)/,
      ),
    ]);
  });

  it('is refused in production, with both ways out', async () => {
    const env = { NODE_ENV: 'production' };
    const { violations } = await failureOf(start([cacheModule()], env));
    expect(violations).toMatchObject([
      {
        variable: 'CACHE_URL',
        found: 'nothing, and NODE_ENV=production refuses the zero-setup mode',
        fix:
          'name the server (CACHE_URL=redis://localhost:6379/0), or name the embedded engine ' +
          'explicitly if that is meant: CACHE_URL=memory:',
      },
    ]);
  });

  it('is not meant by an embedded engine that is named, in the environment or in code', async () => {
    const modules = [cacheModule(), storageModule({ overrides: { url: 'file:./data/storage' } })];
    await start(modules, { NODE_ENV: 'production', CACHE_URL: 'memory:' });
    expect(warnings()).toEqual([]);
  });

  it('is not meant by an optional URL without a default', async () => {
    const env = { NODE_ENV: 'production', STORAGE_URL: 's3://bucket' };
    const app = await start([storageModule()], env);
    expect(configOf(app)).toEqual({ url: 's3://bucket' });
  });
});

describe('ConfigLoader: overrides of forRootAsync', () => {
  const late = (overrides: Partial<CacheConfig> | undefined): DynamicModule =>
    featureOf(new ConfigRequest(cacheConfig), { useFactory: async () => overrides });

  it('win over the environment', async () => {
    const app = await start([late({ ttl: 1_000 })], { CACHE_TTL: '2s', CACHE_URL: 'redis://h' });
    expect(configOf(app)).toMatchObject({ ttl: 1_000, url: 'redis://h' });
  });

  it('get what the factory injects', async () => {
    const module = featureOf(new ConfigRequest(cacheConfig), {
      inject: [ConfigLoader],
      useFactory: (loader: ConfigLoader) => ({ tags: [loader.constructor.name] }),
    });
    expect(configOf(await start([module], {}))).toMatchObject({ tags: ['ConfigLoader'] });
  });

  it('are validated on arrival', async () => {
    const { violations } = await failureOf(start([late({ url: 'ftp://x' })], {}));
    expect(violations).toMatchObject([{ variable: 'cache.url (in code)' }]);
  });

  it('may give what is missing in production, or spelt wrong', async () => {
    const env = { NODE_ENV: 'production', CAHCE_URL: 'redis://a' };
    const app = await start([late({ url: 'redis://h' })], env);
    expect(configOf(app)).toMatchObject({ url: 'redis://h' });
    expect(warnings()).toEqual([expect.stringContaining('CAHCE_URL')]);
  });

  it('that give nothing leave what is missing to be refused', async () => {
    const { violations } = await failureOf(start([late(undefined)], { NODE_ENV: 'production' }));
    expect(violations).toMatchObject([{ variable: 'CACHE_URL' }]);
  });

  it('do not keep what is wrong in the environment out of the one report', async () => {
    const modules = [late({ url: 'redis://h' }), storageModule()];
    const env = { CACHE_TTL: 'banana', STORAGE_URL: 'ftp://x' };
    expect((await failureOf(start(modules, env))).violations).toHaveLength(2);
  });
});

describe('ConfigLoader: files', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'mainstay-config-'));
  });

  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  const write = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };

  it('name themselves where a value of theirs is wrong', async () => {
    const envFilePath = write('a.env', 'CACHE_TTL=banana\n');
    const starting = start([cacheModule()], {}, { envFilePath, ignoreEnvFile: false });
    expect((await failureOf(starting)).violations).toMatchObject([
      { found: `"banana" (in ${envFilePath})` },
    ]);
  });

  it("of the app's own ConfigModule are reused: below process.env, above .env", async () => {
    const own = write('own.env', 'CACHE_URL=redis://own\nCACHE_TTL=1s\nCACHE_TAGS=own\n');
    const envFilePath = write('a.env', 'CACHE_URL=redis://dot-env\nCACHE_TTL=2s\n');
    vi.stubEnv('CACHE_URL', 'redis://process');
    for (const name of ['CACHE_TTL', 'CACHE_TAGS']) vi.stubEnv(name, undefined);
    const root = ConfigModule.forRoot({ envFilePath });
    const imports = [cacheModule(), root, NestConfigModule.forRoot({ envFilePath: own })];
    const app = await Test.createTestingModule({ imports }).setLogger(logger).compile();
    expect(configOf(app)).toEqual({ url: 'redis://process', ttl: 1_000, tags: ['own'] });
  });
});

describe('ConfigLoader: two modules that read the same configuration', () => {
  it('are told once what is wrong with it', async () => {
    const error = await failureOf(
      start([cacheModule(), cacheModule()], { CACHE_TTL: 'banana', CACHE_URL: 'ftp://x' }),
    );
    expect(error.violations.map(({ variable }) => variable)).toEqual(['CACHE_URL', 'CACHE_TTL']);
  });

  it('are told once that nothing was set up', async () => {
    await start([cacheModule(), cacheModule()], {});
    expect(
      warnings()
        .join()
        .match(/CACHE_URL/g),
    ).toHaveLength(1);
  });
});
