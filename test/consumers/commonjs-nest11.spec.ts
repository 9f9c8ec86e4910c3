import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';

import { Consumer } from '../support/consumer.js';

describe('a CommonJS app on NestJS 11', () => {
  let consumer: Consumer;
  beforeAll(async () => {
    consumer = await Consumer.create('commonjs-nest11', inject('tarball'));
  });
  afterAll(() => consumer.remove());

  it('compiles with the declarations of the package checked, to require() calls', async () => {
    expect(await consumer.compile()).toEqual({ code: 0, output: '' });
    const compiled = await readFile(join(consumer.folder, 'dist/app.module.js'), 'utf8');
    expect(compiled).toContain('require("nestjs-mainstay")');
  });

  it('gets its services by type, recovers by @Resilient, answers the health routes and ends cleanly', async () => {
    const app = await consumer.start('dist/main.js');
    expect(await app.get('/greetings/Ada')).toEqual({
      status: 200,
      body: {
        greeting: 'Hello, Ada',
        mood: 'calm',
        fromDatabase: [{ one: 1 }],
        fromStorage: 'Hello, Ada',
      },
    });
    const { body: metrics } = await app.get('/metrics');
    const retried = 'mainstay_retries_total{resource="moods",operation="mood"} 1\n';
    expect(metrics).toContain(retried);
    expect((await app.get('/greetings/metrics/prom-client')).body).toContain(retried);
    expect(await app.get('/livez')).toMatchObject({ status: 200 });
    expect(await app.get('/readyz')).toMatchObject({ status: 200 });
    expect(await app.get('/health')).toMatchObject({ status: 200, body: { status: 'ok' } });
    await app.stop();
  });

  it('is tested with Jest, given the documented transformIgnorePatterns', async () => {
    const { code, output } = await consumer.run(process.execPath, [
      'node_modules/jest/bin/jest.js',
      '--runInBand',
    ]);
    expect(output).toContain('1 passed');
    expect(code, output).toBe(0);
  });
});
