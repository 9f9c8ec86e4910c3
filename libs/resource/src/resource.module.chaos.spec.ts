import { Injectable, Logger } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { ConfigModule } from 'nestjs-mainstay/config';
import { Resilient, StagedChaos } from 'nestjs-mainstay/resilience';
import { RecordedCalls } from 'nestjs-mainstay/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Operations } from './operations.js';
import { ResourceModule } from './resource.module.js';

const FULL = Object.assign(new Error('no space left'), { code: 'ENOSPC' });

@Injectable()
class Orders {
  constructor(readonly chaos: StagedChaos) {}

  @Resilient({ resource: 'orders' })
  async place(item: string): Promise<string> {
    return `placed ${item}`;
  }
}

async function start(chaos: StagedChaos, env: Record<string, string> = {}) {
  const recorded = new RecordedCalls();
  const module = await Test.createTestingModule({
    imports: [
      recorded.asModule(),
      ConfigModule.forRoot({ env }),
      ResourceModule.forRoot({ chaos }),
    ],
    providers: [Orders],
  }).compile();
  return { app: await module.init(), recorded };
}

describe('ResourceModule.forRoot({ chaos })', () => {
  beforeEach(() => void vi.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined));
  afterEach(() => {
    vi.restoreAllMocks();
    vi.unstubAllEnvs();
  });

  it('stages for all operations of the application, and is injectable', async () => {
    const { app, recorded } = await start(new StagedChaos());
    const { chaos } = app.get(Orders);
    chaos.stage({ resource: 'orders', fault: FULL, times: 1 });
    chaos.stage({ resource: 'stock', result: 'staged' });
    await expect(app.get(Orders).place('a book')).rejects.toBe(FULL);
    expect(await app.get(Orders).place('a book')).toBe('placed a book');
    const count = app.get(Operations, { strict: false }).of({ name: 'stock' }).bind('count');
    expect(await count.run(() => 'real', 'a book')).toBe('staged');
    expect(chaos.hits).toBe(2);
    expect(recorded.calls).toContain('orders.place failure ENOSPC');
    await app.close();
  });

  it('leaves a resource the chaos of its own', async () => {
    const own = new StagedChaos();
    const { app } = await start(new StagedChaos());
    const operations = app.get(Operations, { strict: false });
    const count = operations.of({ name: 'stock' }, { chaos: own }).bind('count');
    own.stage({ result: 'own' });
    app.get(StagedChaos).stage({ result: 'shared' });
    expect(await count.run(() => 'real', undefined)).toBe('own');
    await app.close();
  });

  it('is that of a resource whose options leave it open', async () => {
    const { app } = await start(new StagedChaos());
    const open = { chaos: undefined } as object;
    const stock = app.get(Operations, { strict: false }).of({ name: 'stock' }, open);
    app.get(StagedChaos).stage({ result: 'shared' });
    expect(await stock.bind('count').run(() => 'real', undefined)).toBe('shared');
    await app.close();
  });

  it('ends the start in production, wherever the variables are read from', async () => {
    const chaos = new StagedChaos();
    await expect(start(chaos, { NODE_ENV: 'production' })).rejects.toMatchObject({
      code: 'CHAOS_REFUSED',
    });
  });

  it('is allowed in production by the second switch, which is a variable of the process', async () => {
    const env = { NODE_ENV: 'production', MAINSTAY_CHAOS: 'allow' };
    await expect(start(new StagedChaos(), env)).rejects.toMatchObject({ code: 'CHAOS_REFUSED' });
    vi.stubEnv('MAINSTAY_CHAOS', 'allow');
    const { app } = await start(new StagedChaos(), env);
    expect(app.get(StagedChaos).isArmed).toBe(false);
    await app.close();
  });
});
