import { Controller, Get, Injectable, Param, Scope, type Type } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { Clock } from 'nestjs-mainstay/common';
import { Resilient, useOperationBinder } from 'nestjs-mainstay/resilience';
import { FakeClock, RecordedCalls } from 'nestjs-mainstay/testing';
import { describe, expect, it, vi } from 'vitest';
import type { OperationInterceptor } from './operation-interceptor.js';
import { Operations } from './operations.js';
import { ResourceModule } from './resource.module.js';

const RESET = Object.assign(new Error('reset'), { code: 'ECONNRESET' });

@Injectable()
class Rates {
  readonly failures: Error[] = [];

  @Resilient({ resource: 'rates', idempotent: true, pipeline: { tryTimeoutMs: 500 } })
  async rate(currency: string): Promise<string> {
    const failure = this.failures.shift();
    if (failure) throw failure;
    return `rate of ${currency}`;
  }

  @Resilient({ resource: 'rates', fallback: 'lastKnown' })
  async order(currency: string): Promise<string> {
    const failure = this.failures.shift();
    if (failure) throw failure;
    return `ordered ${currency}`;
  }

  lastKnown(error: Error, currency: string): string {
    return `${currency} after ${error.message}`;
  }

  @Resilient({ resource: 'rates' })
  hang(): Promise<never> {
    return new Promise(() => undefined);
  }
}

/** An application with these providers, and what is recorded of it. */
async function start(
  provider: Type,
  imports: Parameters<typeof Test.createTestingModule>[0]['imports'],
) {
  const recorded = new RecordedCalls();
  const clock = new FakeClock();
  const module = await Test.createTestingModule({
    imports: [recorded.asModule(), ...(imports ?? [])],
    providers: [provider],
  })
    .overrideProvider(Clock)
    .useValue(clock)
    .compile();
  return { app: await module.init(), recorded, clock };
}

describe('@Resilient in an application with ResourceModule', () => {
  it('is recorded like every operation of its resource', async () => {
    const { app, recorded, clock } = await start(Rates, [ResourceModule]);
    const rates = app.get(Rates);
    rates.failures.push(RESET);
    const result = rates.rate('EUR');
    await clock.advance(1_000);
    expect(await result).toBe('rate of EUR');
    expect(recorded.calls).toEqual([
      'rates.rate attempt',
      'rates.rate try failed ECONNRESET',
      'rates.rate try passed',
      'rates.rate outcome recovered after 2',
      'rates.rate success',
    ]);
    await app.close();
  });

  it('records the use of a fallback', async () => {
    const { app, recorded } = await start(Rates, [ResourceModule]);
    app.get(Rates).failures.push(RESET);
    expect(await app.get(Rates).order('EUR')).toBe('EUR after reset');
    expect(recorded.calls).toContain('rates.order outcome using-fallback after 1');
    await app.close();
  });

  it('shares the pipeline of its resource with Operations', async () => {
    const { app } = await start(Rates, [ResourceModule]);
    const operations = app.get(Operations, { strict: false });
    await app.get(Rates).rate('EUR');
    operations.of({ name: 'rates' }).breaker?.isolate();
    await expect(app.get(Rates).order('EUR')).resolves.toContain('EUR after rates');
    await expect(app.get(Rates).rate('EUR')).rejects.toMatchObject({ code: 'CIRCUIT_OPEN' });
    await app.close();
  });

  it('keeps the pipeline that its resource has already', async () => {
    const { app } = await start(Rates, [ResourceModule]);
    app.get(Operations, { strict: false }).of({ name: 'rates' }, { breaker: false });
    await app.get(Rates).rate('EUR');
    const { breaker } = app.get(Operations, { strict: false }).of({ name: 'rates' });
    expect(breaker).toBeUndefined();
    await app.close();
  });

  it("uses the application's clock, and the pipeline that another method gives", async () => {
    const { app, clock } = await start(Rates, [ResourceModule]);
    const result = expect(app.get(Rates).hang()).rejects.toMatchObject({
      code: 'OPERATION_TIMEOUT',
    });
    await clock.advance(600);
    await result;
    await app.close();
  });

  it('is seen by the interceptors, with what the method was called with', async () => {
    const intercept = vi.fn<OperationInterceptor['intercept']>((_context, next) => next.handle());
    @Injectable()
    class Spy implements OperationInterceptor {
      intercept = intercept;
    }
    const { app } = await start(Rates, [
      ResourceModule,
      ResourceModule.forRoot({ interceptors: [Spy] }),
    ]);
    await app.get(Rates).rate('EUR');
    expect(intercept.mock.calls[0]?.[0]).toMatchObject({
      resource: 'rates',
      operation: 'rate',
      arg: ['EUR'],
    });
    await app.close();
  });

  it('resilience rule 20: is cut by the shutdown of the application', async () => {
    const { app, clock } = await start(Rates, [ResourceModule]);
    app.get(Rates).failures.push(RESET, RESET, RESET);
    const result = expect(app.get(Rates).rate('EUR')).rejects.toBe(RESET);
    await clock.settle();
    await app.close();
    await result;
    expect(clock.now()).toBe(0);
  });

  it.each([
    ['request-scoped', Scope.REQUEST],
    ['transient', Scope.TRANSIENT],
  ])('binds the operations of %s providers once', async (_what, scope) => {
    @Injectable({ scope })
    class Scoped {
      @Resilient({ resource: 'scoped' })
      async read(): Promise<string> {
        return 'read';
      }
    }
    const { app, recorded } = await start(Scoped, [ResourceModule]);
    const bind = vi.spyOn(recorded, 'bind');
    for (let request = 0; request < 3; request++) {
      expect(await (await app.resolve(Scoped)).read()).toBe('read');
    }
    expect(bind).toHaveBeenCalledTimes(1);
    expect(recorded.of('scoped.read success')).toHaveLength(3);
    await app.close();
  });

  it('keeps two applications apart', async () => {
    const [one, two] = [await start(Rates, [ResourceModule]), await start(Rates, [ResourceModule])];
    await one.app.get(Rates).rate('EUR');
    one.app.get(Operations, { strict: false }).of({ name: 'rates' }).breaker?.isolate();
    expect(await two.app.get(Rates).rate('EUR')).toBe('rate of EUR');
    expect([one.recorded.calls.length, two.recorded.calls.length]).toEqual([4, 3]);
    await Promise.all([one.app.close(), two.app.close()]);
  });

  it('works on routes of controllers, above and below @Get', async () => {
    @Controller()
    class RatesController {
      @Resilient({ resource: 'rates', operation: 'above' })
      @Get('above/:currency')
      async above(@Param('currency') currency: string): Promise<string> {
        return currency;
      }

      @Get('below/:currency')
      @Resilient({ resource: 'rates', operation: 'below' })
      async below(@Param('currency') currency: string): Promise<string> {
        return currency;
      }
    }
    const recorded = new RecordedCalls();
    const module = await Test.createTestingModule({
      imports: [recorded.asModule(), ResourceModule],
      controllers: [RatesController],
    }).compile();
    const app = module.createNestApplication();
    await app.listen(0, '127.0.0.1');
    const url = await app.getUrl();
    expect(await (await fetch(`${url}/above/EUR`)).text()).toBe('EUR');
    expect(await (await fetch(`${url}/below/GBP`)).text()).toBe('GBP');
    expect(recorded.calls.filter((call) => call.endsWith('success'))).toEqual([
      'rates.above success',
      'rates.below success',
    ]);
    await app.close();
  });

  it('is recorded without Nest as well, by Operations that were made by hand', async () => {
    const recorded = new RecordedCalls();
    const [one, two] = [new Rates(), new Rates()];
    const operations = new Operations(new FakeClock(), recorded);
    for (const rates of [one, two]) useOperationBinder(rates, operations);
    expect(await one.rate('EUR')).toBe('rate of EUR');
    operations.find('rates')?.breaker?.isolate();
    await expect(two.rate('GBP')).rejects.toMatchObject({ code: 'CIRCUIT_OPEN' });
    expect(recorded.calls.filter((call) => !call.includes(' try '))).toEqual([
      'rates.rate attempt',
      'rates.rate success',
      'rates circuit: closed to isolated (isolated)',
      'rates.rate attempt',
      'rates.rate outcome rejected after 0',
      'rates.rate rejected CIRCUIT_OPEN',
    ]);
  });

  it('protects without ResourceModule as well, each object by itself and unrecorded', async () => {
    const { app, recorded } = await start(Rates, []);
    const rates = app.get(Rates);
    rates.failures.push(RESET);
    expect(await rates.rate('EUR')).toBe('rate of EUR');
    expect(rates.failures).toEqual([]);
    expect(recorded.calls).toEqual([]);
    await app.close();
  });
});
