import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';

import { Consumer } from '../support/consumer.js';

const kept = {
  cached: true,
  fromCache: { text: 'kept' },
  fromDatabase: { text: 'kept' },
  stored: true,
  fromStorage: 'kept',
};

describe('an ESM app on NestJS 12', () => {
  let consumer: Consumer;
  beforeAll(async () => {
    consumer = await Consumer.create('esm-nest12', inject('tarball'));
  });
  afterAll(() => consumer.remove());

  it('compiles with the declarations of every entry checked', async () => {
    expect(await consumer.compile()).toEqual({ code: 0, output: '' });
  });

  it.each(['express', 'fastify'])('works on %s and ends cleanly', async (adapter) => {
    const app = await consumer.start('dist/main.js', { ADAPTER: adapter });
    expect(await app.get('/notes/round-trip')).toEqual({ status: 200, body: kept });
    expect(await app.get('/notes/mood')).toEqual({ status: 200, body: { mood: 'calm' } });
    expect(await app.get('/livez')).toMatchObject({ status: 200 });
    expect(await app.get('/readyz')).toMatchObject({ status: 200 });
    expect(await app.get('/health')).toMatchObject({ status: 200, body: { status: 'ok' } });
    const { body: metrics } = await app.get('/metrics');
    const retried = 'mainstay_retries_total{resource="moods",operation="mood"} 1\n';
    expect(metrics).toContain(retried);
    expect((await app.get('/notes/prom-client')).body).toContain(retried);
    expect(await app.stop()).toBe(0);
  });

  it('works without StatusModule', async () => {
    const app = await consumer.start('dist/main.js', { WITHOUT_STATUS: 'true' });
    expect(await app.get('/notes/round-trip')).toEqual({ status: 200, body: kept });
    expect(await app.get('/livez')).toMatchObject({ status: 404 });
    expect(await app.stop()).toBe(0);
  });
});
