import { Module, type LoggerService } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import Joi from 'joi';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { defineConfig } from './config-definition.js';
import { ConfigModule } from './config.module.js';
import { urlSchema } from './schemas/url.schema.js';

const url = urlSchema({ protocols: ['file:', 's3:'], embeddedDefault: 'file:./data/storage' });
const storageConfig = defineConfig('storage', Joi.object({ url }));

@Module({
  imports: [
    ConfigModule.forRoot({ env: { STORAGE_URL: 'ftp://user:secret@x' }, ignoreEnvFile: true }),
    ConfigModule.forFeature(storageConfig),
  ],
})
class AppModule {}

describe('a start with a wrong configuration', () => {
  afterEach(() => {
    vi.restoreAllMocks();
  });

  it('logs the report once and exits with 1', async () => {
    const error = vi.fn<(message: unknown) => void>();
    const logger: LoggerService = { log: () => undefined, warn: () => undefined, error };
    const exit = vi.spyOn(process, 'exit').mockImplementation((code) => {
      throw new Error(`exit ${code}`);
    });
    // Nest takes an exit that throws for an error of its own, and would abort.
    vi.spyOn(process, 'abort').mockImplementation(() => undefined as never);
    const starting = NestFactory.createApplicationContext(AppModule, { logger });
    await expect(starting).rejects.toThrow('exit 1');
    expect(exit).toHaveBeenCalledOnce();
    expect(error).toHaveBeenCalledOnce();
    expect(error.mock.calls[0]?.[0]).toMatchObject({ code: 'CONFIGURATION_INVALID' });
  });

  it('rejects with the error where abortOnError is off', async () => {
    const options = { logger: false, abortOnError: false } as const;
    const starting = NestFactory.createApplicationContext(AppModule, options);
    await expect(starting).rejects.toMatchObject({ code: 'CONFIGURATION_INVALID' });
  });
});
