import { Controller, Get, Injectable, Logger, ServiceUnavailableException } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { SystemClock } from 'nestjs-mainstay/common';
import { Operations, Resource, ResourceModule } from 'nestjs-mainstay/resource';
import { StatusModule } from 'nestjs-mainstay/status';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';

const clock = new SystemClock();
const events: string[] = [];
const REFUSED = Object.assign(new Error('connect'), { code: 'ECONNREFUSED' });

@Injectable()
class Partner extends Resource {
  readonly name = 'partner';

  protected steps() {
    return [];
  }

  async probe() {
    return { capabilities: { read: true } };
  }

  async close() {
    events.push('partner closes');
  }
}

@Controller()
class PartnerController {
  readonly #get;
  readonly #job;

  constructor(partner: Partner, operations: Operations) {
    const patient = { maxTries: 5, baseDelayMs: 60_000, maxDelayMs: 60_000 };
    const ofPartner = operations.of(partner, { totalTimeoutMs: 600_000, retry: patient });
    this.#get = ofPartner.bind('get', { idempotent: true });
    this.#job = ofPartner.bind('job');
  }

  /** Waits up to a minute before it asks again. */
  @Get('refused')
  async refused(): Promise<void> {
    await this.#get
      .run(() => Promise.reject(REFUSED), undefined)
      .catch(() => {
        throw new ServiceUnavailableException();
      });
  }

  /** Goes on behind the answer. */
  @Get('job')
  job(): string {
    const work = this.#job.run(() => clock.sleep(700), undefined);
    void work.then(() => events.push('the job ends'));
    return 'begun';
  }
}

beforeEach(() => {
  events.length = 0;
  Logger.overrideLogger(false);
});
afterEach(() => Logger.overrideLogger(true));

async function start() {
  const module = await Test.createTestingModule({
    imports: [ResourceModule, StatusModule.forRoot({ config: { drainDelay: 0 } })],
    providers: [Partner],
    controllers: [PartnerController],
  }).compile();
  const app = module.createNestApplication();
  await app.listen(0, '127.0.0.1');
  return { app, url: await app.getUrl(), operations: app.get(Operations) };
}

it('resilience rule 20: a request that waits for its next try is answered when the service shuts down', async () => {
  const { app, url, operations } = await start();
  const answer = fetch(`${url}/refused`);
  await vi.waitFor(() => expect(operations.find('partner')?.status().inFlight).toBe(1));
  await clock.sleep(50);

  const startedAt = clock.now();
  await app.close();
  expect(clock.now() - startedAt).toBeLessThan(5_000);
  expect((await answer).status).toBe(503);
  expect(events).toEqual(['partner closes']);
});

it('resilience rule 20: an operation that no request waits for ends before its resource closes', async () => {
  const { app, url } = await start();
  expect(await (await fetch(`${url}/job`)).text()).toBe('begun');
  await app.close();
  expect(events).toEqual(['the job ends', 'partner closes']);
});
