import { readdir, readFile } from 'node:fs/promises';
import type { INestApplication } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { Operations } from 'nestjs-mainstay/resource';
import { afterEach, describe, expect, it } from 'vitest';
import { MonitoredAppModule } from './bridges-guide/monitored-app.module.js';

describe('the guide to the bridges (docs/guide/bridges.md)', () => {
  let app: INestApplication | undefined;
  afterEach(() => app?.close());

  it("status rule 3: the application's own route of prom-client shows what operations recorded", async () => {
    const built = await Test.createTestingModule({ imports: [MonitoredAppModule] }).compile();
    app = built.createNestApplication({ logger: false });
    await app.listen(0, '127.0.0.1');
    const charge = app.get(Operations, { strict: false }).of({ name: 'payments' }).bind('charge');
    await charge.run(() => 'charged', undefined);
    const response = await fetch(`${await app.getUrl()}/monitoring/metrics`);
    const text = await response.text();
    expect(response.headers.get('content-type')).toContain('version=0.0.4');
    expect(text).toContain('orders_total 1\n');
    expect(text).toContain(
      'mainstay_operations_total{resource="payments",operation="charge",outcome="success"} 1\n',
    );
    expect(text.match(/^nodejs_version_info/gm)).toHaveLength(1);
    expect((await fetch(`${await app.getUrl()}/metrics`)).status).toBe(404);
  });

  it('shows every file exactly as it is tested here', async () => {
    const folder = new URL('./bridges-guide/', import.meta.url);
    const guide = await readFile(new URL('../../docs/guide/bridges.md', import.meta.url), 'utf8');
    for (const file of await readdir(folder)) {
      const source = await readFile(new URL(file, folder), 'utf8');
      expect(guide).toContain(`\`\`\`ts\n// ${file}\n${source}\`\`\``);
    }
  });
});
