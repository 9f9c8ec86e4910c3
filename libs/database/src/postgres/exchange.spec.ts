import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DatabaseApp } from '../../../../test/support/database-app.js';
import { PostgresServer } from '../../../../test/support/servers/postgres-server.js';
import { TcpProxy } from '../../../../test/support/servers/tcp-proxy.js';

describe('a statement that is not answered', () => {
  let server: PostgresServer;
  let proxy: TcpProxy;
  let app: DatabaseApp;

  beforeEach(async () => {
    server = await PostgresServer.start();
    proxy = await TcpProxy.start(server.port);
    const url = new URL(server.url);
    url.port = String(proxy.port);
    const config = { url: url.href, boot: 'required', statementTimeout: 100 } as const;
    app = await DatabaseApp.start(config);
  });

  afterEach(async () => {
    await app.close();
    await proxy.dispose();
    await server.dispose();
  });

  it('may have been executed when it stands for itself', async () => {
    proxy.blackHole();
    await expect(app.service.query('CREATE TABLE lost (id int)')).rejects.toMatchObject({
      code: 'DATABASE_STATEMENT_TIMEOUT',
      outcome: 'unknown',
    });
  });

  it('has changed nothing when it was to begin a transaction', async () => {
    await app.service.query('SELECT 1');
    proxy.blackHole();
    const work = (): Promise<unknown> => app.service.query('CREATE TABLE lost (id int)');
    await expect(app.service.transaction(work)).rejects.toMatchObject({
      code: 'DATABASE_STATEMENT_TIMEOUT',
      outcome: 'rolled-back',
    });
  });

  it('has changed nothing when it was to set the time of the next one', async () => {
    await app.service.query('SELECT 1');
    proxy.blackHole();
    const lost = app.service.query('CREATE TABLE lost (id int)', [], { timeoutMs: 50 });
    await expect(lost).rejects.toMatchObject({ outcome: 'rolled-back' });
  });
});
