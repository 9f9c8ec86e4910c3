import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';

import { Consumer } from '../support/consumer.js';

describe('an app without one optional peer dependency', () => {
  let consumer: Consumer;
  beforeAll(async () => {
    consumer = await Consumer.create('without-peers', inject('tarball'));
  });
  afterAll(() => consumer.remove());

  it.each([
    'typeorm',
    '@nestjs/typeorm',
    'libsql',
    'better-sqlite3',
    'redis',
    'pg',
    'prom-client',
    '@opentelemetry/api',
  ])('has no %s installed', (peer) => {
    expect(consumer.has(peer)).toBe(false);
  });

  it('compiles with all declarations checked: no optional peer leaks into the types', async () => {
    expect(await consumer.compile()).toEqual({ code: 0, output: '' });
  });

  it('caches with CacheModule.forRoot() alone', async () => {
    const { code, output } = await consumer.run(process.execPath, ['dist/cache-only.js']);
    expect(output).toContain('{"stored":true,"answer":42}');
    expect(code).toBe(0);
  });

  it('runs the front door with the database switched off', async () => {
    const app = await consumer.start('dist/database-off.js');
    expect(await app.get('/readyz')).toMatchObject({ status: 200 });
    expect(await app.stop()).toBe(0);
  });

  it('ends with one error that names the install command when a database is wanted', async () => {
    const { code, output } = await consumer.run(process.execPath, ['dist/database-wanted.js']);
    expect(output.match(/npm install typeorm @nestjs\/typeorm libsql/g)).toHaveLength(1);
    expect(output).not.toMatch(/^\s+at /m);
    expect(code).toBe(1);
  });
});
