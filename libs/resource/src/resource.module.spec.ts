import {
  Controller,
  Get,
  Injectable,
  Logger,
  Module,
  Scope,
  SetMetadata,
  type INestApplicationContext,
  type OnModuleInit,
  type Provider,
} from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { Clock } from 'nestjs-mainstay/common';
import { FakeClock, RecordedCalls } from 'nestjs-mainstay/testing';
import { afterEach, beforeEach, describe, expect, it, vi, type MockInstance } from 'vitest';
import type { InitializationStep } from './initialization-step.js';
import { Operation } from './operation.decorator.js';
import type { OperationCallHandler, OperationInterceptor } from './operation-interceptor.js';
import { Operations } from './operations.js';
import type { ProbeResult } from './probe-result.js';
import { ResourceInitializer } from './resource-initializer.js';
import { ResourceModule } from './resource.module.js';
import { ResourceRegistry } from './resource-registry.js';
import { Resource } from './resource.js';

const events: string[] = [];

abstract class TestResource extends Resource {
  protected steps(): InitializationStep[] {
    return [{ name: 'test connection', run: () => void events.push(`${this.name} starts`) }];
  }

  probe(): Promise<ProbeResult> {
    return Promise.resolve({ capabilities: { read: true } });
  }

  close(): Promise<void> {
    events.push(`${this.name} closes`);
    return Promise.resolve();
  }
}

@Injectable()
class PaymentsApi extends TestResource {
  readonly name = 'payments';
}

@Injectable()
class Broker extends TestResource {
  readonly name = 'broker';
}

@Injectable()
class Orders {
  constructor(readonly payments: PaymentsApi) {}

  @Operation('place-order')
  async place(item: string): Promise<string> {
    if (item === '') throw Object.assign(new Error('no item'), { status: 400 });
    return `${item} for ${this.payments.name}`;
  }

  @Operation()
  async cancel(): Promise<string> {
    return 'cancelled';
  }
}

/** An application with these providers, and what is recorded of it. */
async function start(
  providers: Provider[],
  imports: NonNullable<Parameters<typeof Test.createTestingModule>[0]['imports']> = [
    ResourceModule,
  ],
) {
  const recorded = new RecordedCalls();
  const clock = new FakeClock();
  const module = await Test.createTestingModule({
    imports: [recorded.asModule(), ...imports],
    providers,
  })
    .overrideProvider(Clock)
    .useValue(clock)
    .compile();
  return { app: await module.init(), recorded, clock };
}

function registryOf(app: INestApplicationContext): ResourceRegistry {
  return app.get(ResourceRegistry, { strict: false });
}

describe('ResourceModule', () => {
  let warned: MockInstance<(message: unknown, ...rest: unknown[]) => void>;

  beforeEach(() => {
    events.length = 0;
    warned = vi.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    vi.spyOn(Logger.prototype, 'log').mockImplementation(() => undefined);
  });
  afterEach(() => vi.restoreAllMocks());

  describe('own resources', () => {
    it('are found among the providers, started, and closed in reverse order', async () => {
      const { app } = await start([PaymentsApi, Broker]);
      expect(
        registryOf(app)
          .all()
          .map(({ name, phase }) => `${name} ${phase}`),
      ).toEqual(['payments ready', 'broker ready']);
      await app.close();
      expect(events).toEqual([
        'payments starts',
        'broker starts',
        'broker closes',
        'payments closes',
      ]);
    });

    it('are started once, although several modules and aliases provide the same one', async () => {
      const alias = { provide: 'PAYMENTS', useExisting: PaymentsApi };
      @Module({
        imports: [ResourceModule],
        providers: [PaymentsApi, alias],
        exports: [PaymentsApi],
      })
      class PaymentsModule {}
      const { app } = await start([Orders], [PaymentsModule]);
      expect(events).toEqual(['payments starts']);
      await app.close();
    });

    it('may come from an async factory', async () => {
      const provider = { provide: 'PAYMENTS', useFactory: async () => new PaymentsApi() };
      const { app } = await start([provider]);
      expect(registryOf(app).get('payments')?.phase).toBe('ready');
      await app.close();
    });

    it('that their module starts are left to it', async () => {
      class OwnStarter extends PaymentsApi {
        override readonly startedBy = 'module';
      }
      const resource = new OwnStarter();
      const service = {
        provide: 'SERVICE',
        inject: [ResourceInitializer],
        useFactory: async (initializer: ResourceInitializer) => {
          await initializer.start(resource);
          events.push('the service is made');
        },
      };
      const { app } = await start([{ provide: 'RESOURCE', useValue: resource }, service]);
      expect(events).toEqual(['payments starts', 'the service is made']);
      await app.close();
    });

    it('are not started when a test replaces them', async () => {
      const module = await Test.createTestingModule({
        imports: [ResourceModule],
        providers: [PaymentsApi, Orders],
      })
        .overrideProvider(PaymentsApi)
        .useValue({ name: 'fake payments' })
        .compile();
      const app = await module.init();
      expect(registryOf(app).all()).toEqual([]);
      expect(await app.get(Orders).place('a book')).toBe('a book for fake payments');
      await app.close();
      expect(events).toEqual([]);
    });

    it.each([
      ['request-scoped', Scope.REQUEST],
      ['transient', Scope.TRANSIENT],
    ])('that are %s are not started, with a warning', async (_what, scope) => {
      @Injectable({ scope })
      class ScopedApi extends TestResource {
        readonly name = 'scoped';
      }
      @Injectable()
      class User {
        constructor(readonly api: ScopedApi) {}
      }
      const { app } = await start([ScopedApi, User]);
      expect(events).toEqual([]);
      expect(warned).toHaveBeenCalledWith(
        expect.stringContaining('ScopedApi is a Resource, but not a singleton'),
      );
      await app.close();
    });

    it('with the same name end the boot', async () => {
      class SecondPayments extends PaymentsApi {}
      await expect(start([PaymentsApi, SecondPayments])).rejects.toMatchObject({
        code: 'RESOURCE_DUPLICATE',
      });
      expect(events.at(-1)).toBe('payments closes');
    });

    it('close after the hooks that run while requests are in flight', async () => {
      @Injectable()
      class InFlight {
        onModuleDestroy(): void {
          events.push('requests in flight');
        }
        beforeApplicationShutdown(): void {
          events.push('requests are drained');
        }
      }
      const { app } = await start([PaymentsApi, InFlight]);
      events.length = 0;
      await app.close();
      expect(events).toEqual(['requests in flight', 'requests are drained', 'payments closes']);
    });

    it('resilience rule 20: are not closed before the back-offs of their operations are cut', async () => {
      const { app, clock } = await start([PaymentsApi]);
      const refused = Object.assign(new Error('connect'), { code: 'ECONNREFUSED' });
      const find = app
        .get(Operations, { strict: false })
        .of({ name: 'payments' })
        .bind('find', { idempotent: true });
      const waiting = find.runOrElse('failed', () => Promise.reject(refused), 'p-1');
      await clock.settle();
      await app.close();
      expect(clock.now()).toBe(0);
      expect(await waiting).toBe('failed');
      // The timer of the timeouts, which calls share, is gone 10 ms after the last one.
      await clock.advance(10);
      expect(clock.pending.all).toBe(0);
    });

    it('resilience rule 20: nothing is retried any more once the application shuts down, and requests in flight still end', async () => {
      const tries = vi.fn<() => Promise<never>>(() =>
        Promise.reject(Object.assign(new Error('connect'), { code: 'ECONNREFUSED' })),
      );
      const outcomes: string[] = [];
      @Injectable()
      class Server {
        readonly #find;
        constructor(operations: Operations) {
          this.#find = operations.of({ name: 'payments' }).bind('find', { idempotent: true });
        }
        /** As a server that closes: after the hooks before it, and before resources close. */
        async beforeApplicationShutdown(): Promise<void> {
          outcomes.push(await this.#find.runOrElse('failed', tries, 'p-1'));
          outcomes.push(await this.#find.run(async () => 'found', 'p-2'));
        }
      }
      const { app } = await start([PaymentsApi, Server]);
      await app.close();
      expect(outcomes).toEqual(['failed', 'found']);
      expect(tries).toHaveBeenCalledTimes(1);
    });

    it('resilience rule 20: close when the operations in flight have ended', async () => {
      const { app, clock } = await start([PaymentsApi]);
      const charge = app.get(Operations).of({ name: 'payments' }).bind('charge');
      events.length = 0;
      const charged = charge
        .run(() => clock.sleep(1_500), 'p-1')
        .then(() => events.push('charge ends'));
      await clock.settle();
      const closing = app.close();
      await clock.advance(1_500);
      await Promise.all([charged, closing]);
      expect(events).toEqual(['charge ends', 'payments closes']);
    });

    it('resilience rule 20: close at the deadline, what is in flight then cancelled by the shutdown', async () => {
      const { app, clock } = await start(
        [PaymentsApi],
        [ResourceModule, ResourceModule.forRoot({ drainTimeoutMs: 3_000 })],
      );
      const charge = app.get(Operations).of({ name: 'payments' }).bind('charge');
      events.length = 0;
      const charged = charge
        .run(() => new Promise<never>(() => {}), 'p-1')
        .catch((error: { context: unknown }) => events.push(JSON.stringify(error.context)));
      await clock.settle();
      const closing = app.close();
      await clock.advance(2_999);
      expect(events).toEqual([]);
      await clock.advance(1);
      await Promise.all([charged, closing]);
      expect(events).toEqual([
        '{"resource":"payments","operation":"charge","reason":"shutdown"}',
        'payments closes',
      ]);
      expect(warned).toHaveBeenCalledWith(
        expect.stringContaining('Operations were still in flight 3 s after'),
      );
    });

    it('that still start in the background do not hold the shutdown', async () => {
      @Injectable()
      class Hung extends TestResource {
        readonly name = 'hung';
        protected override steps(): InitializationStep[] {
          return [{ name: 'test connection', run: () => new Promise<never>(() => undefined) }];
        }
      }
      const clock = new FakeClock();
      const module = await Test.createTestingModule({
        imports: [ResourceModule],
        providers: [Hung],
      })
        .overrideProvider(Clock)
        .useValue(clock)
        .compile();
      const starting = module.init();
      await clock.advance(500);
      const app = await starting;
      await app.close();
      expect(events).toEqual(['hung closes']);
      expect(clock.pending.all).toBe(0);
    });
  });

  describe('two applications in one process', () => {
    it('have each their own resources, operations and records', async () => {
      const one = await start([PaymentsApi, Orders]);
      const two = await start([PaymentsApi, Orders]);
      await one.app.get(Orders).place('a book');
      expect(one.recorded.of('app.')).toHaveLength(3);
      expect(two.recorded.of('app.')).toEqual([]);
      one.app.get(Operations).of({ name: 'payments' }).breaker?.isolate();
      expect(registryOf(one.app).get('payments')?.circuit).toBe('isolated');
      expect(registryOf(two.app).get('payments')?.circuit).toBeUndefined();
      await one.app.close();
      expect(registryOf(two.app).get('payments')?.phase).toBe('ready');
      await two.app.close();
    });
  });

  describe('interceptors', () => {
    @Injectable()
    class Tags {
      readonly of = (value: unknown): string => `tagged ${String(value)}`;
    }

    @Injectable()
    class TagInterceptor implements OperationInterceptor {
      constructor(readonly tags: Tags) {}

      async intercept(_context: unknown, next: OperationCallHandler): Promise<unknown> {
        return this.tags.of(await next.handle());
      }
    }

    @Injectable()
    class QuoteInterceptor implements OperationInterceptor {
      async intercept(_context: unknown, next: OperationCallHandler): Promise<unknown> {
        return `"${String(await next.handle())}"`;
      }
    }

    it('of the application see every operation, in their order, with what they inject', async () => {
      @Module({ providers: [Tags], exports: [Tags] })
      class TagsModule {}
      const interceptors = [QuoteInterceptor, TagInterceptor];
      const { app } = await start(
        [PaymentsApi, Orders],
        [ResourceModule, ResourceModule.forRoot({ interceptors, imports: [TagsModule] })],
      );
      expect(await app.get(Orders).place('a book')).toBe('"tagged a book for payments"');
      const get = app.get(Operations, { strict: false }).of({ name: 'payments' }).bind('get');
      expect(await get.run(() => 'p-1', 'key')).toBe('"tagged p-1"');
      expect(registryOf(app).all()).toHaveLength(1);
      await app.close();
    });
  });

  describe('@Operation', () => {
    it('records a method under its label, or under its class and name', async () => {
      const { app, recorded } = await start([PaymentsApi, Orders]);
      expect(await app.get(Orders).place('a book')).toBe('a book for payments');
      await app.get(Orders).cancel();
      await expect(app.get(Orders).place('')).rejects.toThrow('no item');
      expect(recorded.of('app.')).toEqual([
        'app.place-order attempt',
        'app.place-order try passed',
        'app.place-order success',
        'app.Orders.cancel attempt',
        'app.Orders.cancel try passed',
        'app.Orders.cancel success',
        'app.place-order attempt',
        'app.place-order try failed HTTP_400',
        'app.place-order outcome no-recovery-possible after 1',
        'app.place-order failure HTTP_400',
      ]);
      await app.close();
    });

    it('is a plain call without ResourceModule, and where Nest did not make the object', async () => {
      const module = await Test.createTestingModule({ providers: [PaymentsApi, Orders] }).compile();
      expect(await module.get(Orders).place('a book')).toBe('a book for payments');
      expect(await new Orders(new PaymentsApi()).cancel()).toBe('cancelled');
      await module.close();
    });

    it('keeps the name of the method and the metadata that other decorators put on it', () => {
      class Marked {
        @Operation()
        @SetMetadata('roles', ['admin'])
        below(): void {}

        @SetMetadata('roles', ['admin'])
        @Operation()
        above(): void {}
      }
      expect(Marked.prototype.below.name).toBe('below');
      expect(Reflect.getMetadata('roles', Marked.prototype.below)).toEqual(['admin']);
      expect(Reflect.getMetadata('roles', Marked.prototype.above)).toEqual(['admin']);
    });

    it('works on routes of controllers, above and below @Get', async () => {
      @Controller()
      class OrdersController {
        @Operation('list')
        @Get('list')
        async list(): Promise<string> {
          return 'all orders';
        }

        @Get('count')
        @Operation('count')
        async count(): Promise<string> {
          return '2';
        }
      }
      const recorded = new RecordedCalls();
      const module = await Test.createTestingModule({
        imports: [recorded.asModule(), ResourceModule],
        controllers: [OrdersController],
      }).compile();
      const app = module.createNestApplication();
      await app.listen(0, '127.0.0.1');
      const url = await app.getUrl();
      expect(await (await fetch(`${url}/list`)).text()).toBe('all orders');
      expect(await (await fetch(`${url}/count`)).text()).toBe('2');
      expect(recorded.calls.filter((call) => call.endsWith('success'))).toEqual([
        'app.list success',
        'app.count success',
      ]);
      await app.close();
    });

    it.each([
      ['request-scoped', Scope.REQUEST],
      ['transient', Scope.TRANSIENT],
    ])('works on %s providers', async (_what, scope) => {
      @Injectable({ scope })
      class ScopedOrders {
        @Operation('scoped')
        async place(): Promise<string> {
          return 'placed';
        }
      }
      const { app, recorded } = await start([ScopedOrders]);
      const orders = await app.resolve(ScopedOrders);
      expect(await orders.place()).toBe('placed');
      expect(recorded.of('app.scoped')).toHaveLength(3);
      await app.close();
    });

    it('is inherited, and recorded once when an override calls it', async () => {
      @Injectable()
      class SpecialOrders extends Orders {
        override async place(item: string): Promise<string> {
          return `special ${await super.place(item)}`;
        }
      }
      const { app, recorded } = await start([PaymentsApi, SpecialOrders]);
      expect(await app.get(SpecialOrders).place('book')).toBe('special book for payments');
      await app.get(SpecialOrders).cancel();
      expect(recorded.calls.filter((call) => call.endsWith('attempt'))).toEqual([
        'app.place-order attempt',
        'app.Orders.cancel attempt',
      ]);
      await app.close();
    });
  });

  it('starts own resources after everything was made and before the application listens', async () => {
    @Injectable()
    class Consumer implements OnModuleInit {
      constructor(registry: ResourceRegistry) {
        events.push(`made: ${registry.all().length}`);
      }
      onModuleInit(): void {
        events.push('initialised');
      }
    }
    const { app } = await start([PaymentsApi, Consumer]);
    expect(events[0]).toBe('made: 0');
    expect(events).toContain('payments starts');
    await app.close();
  });
});
