import { once } from 'node:events';
import { connect } from 'node:net';
import { Readable } from 'node:stream';
import {
  Controller,
  Get,
  HttpException,
  StreamableFile,
  UseGuards,
  UseInterceptors,
  type CallHandler,
  type CanActivate,
  type ExecutionContext,
  type INestApplication,
  type NestInterceptor,
} from '@nestjs/common';
import { APP_INTERCEPTOR } from '@nestjs/core';
import {
  ClientProxyFactory,
  EventPattern,
  MessagePattern,
  RpcException,
  Transport,
  type ClientProxy,
} from '@nestjs/microservices';
import { StatusInterceptor, StatusManager } from 'nestjs-mainstay/status';
import {
  firstValueFrom,
  from,
  lastValueFrom,
  NEVER,
  of,
  timeout,
  toArray,
  type Observable,
} from 'rxjs';
import { describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.js';
import { freePort } from '../support/free-port.js';
import { rejectionOf } from '../support/rejection-of.js';
import { PLATFORMS, startStatusApp } from '../support/status-app.js';

const GENEROUS_MS = 10_000;
const RECORDED = [{ provide: APP_INTERCEPTOR, useExisting: StatusInterceptor }];

class Refuse implements CanActivate {
  canActivate(): boolean {
    return false;
  }
}

/** Cuts a handler that takes too long, as an interceptor of an application would. */
class CutAfterMoment implements NestInterceptor {
  intercept(_context: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle().pipe(timeout(20));
  }
}

@Controller('orders')
class OrdersController {
  @Get()
  list(): string {
    return 'all';
  }

  @Get('teapot')
  teapot(): never {
    throw new HttpException('short and stout', 418);
  }

  @Get('strange')
  strange(): never {
    throw new HttpException('no such status', 507);
  }

  @Get('several')
  several(): Observable<number> {
    return from([1, 2, 3]);
  }

  @Get('endless')
  endless(): Observable<never> {
    return NEVER;
  }

  @Get('file')
  file(): StreamableFile {
    return new StreamableFile(Readable.from(['a', 'b', 'c']));
  }

  @Get('slow')
  @UseInterceptors(CutAfterMoment)
  slow(): Observable<never> {
    return NEVER;
  }

  @Get('guarded')
  @UseGuards(Refuse)
  guarded(): string {
    return 'never reached';
  }
}

@Controller()
class OrdersMessages {
  readonly seen: unknown[] = [];

  @MessagePattern('sum')
  sum(numbers: readonly number[]): number {
    return numbers.reduce((total, number) => total + number, 0);
  }

  @MessagePattern('several')
  several(): Observable<number> {
    return from([1, 2, 3]);
  }

  @MessagePattern('refuse')
  refuse(): never {
    throw new RpcException('not today');
  }

  @MessagePattern('not-found')
  notFound(): never {
    throw new RpcException({ statusCode: 404, message: 'no such order' });
  }

  @MessagePattern('broken')
  broken(): never {
    throw Object.assign(new Error('gone'), { code: 'ECONNRESET' });
  }

  @MessagePattern('slow')
  @UseInterceptors(CutAfterMoment)
  slow(): Observable<never> {
    return NEVER;
  }

  @MessagePattern('guarded')
  @UseGuards(Refuse)
  guarded(): string {
    return 'never reached';
  }

  @EventPattern('ordered')
  ordered(order: unknown): Observable<string> {
    this.seen.push(order);
    return of('noted');
  }

  @EventPattern('lost')
  lost(order: object): unknown {
    const message = `no place for ${Object.keys(order).length} things`;
    throw Object.assign(new Error(message), { code: 'ECONNRESET' });
  }
}

const ONCE = { attempts: 1, active: 0 };

describe.each(PLATFORMS)('StatusInterceptor over HTTP on %s', (platform) => {
  const metadata = { controllers: [OrdersController], providers: RECORDED };

  function recorded(app: INestApplication, handler: string) {
    return app.get(StatusManager).operationStatus('http', `OrdersController.${handler}`);
  }

  it('records each handler once, whatever it gives: a value, several, a file', async () => {
    await using app = await startStatusApp(platform, { metadata });
    expect(await (await app.get('/orders')).text()).toBe('all');
    expect(await (await app.get('/orders/several')).text()).toBe('3');
    expect(await (await app.get('/orders/file')).text()).toBe('abc');
    for (const handler of ['list', 'several', 'file']) {
      expect(recorded(app.app, handler)).toMatchObject({ ...ONCE, successes: 1 });
    }
  });

  it('an answer below 500 is a success, a status of failure is the type of the error', async () => {
    await using app = await startStatusApp(platform, { metadata });
    expect((await app.get('/orders/teapot')).status).toBe(418);
    expect((await app.get('/orders/strange')).status).toBe(507);
    expect(recorded(app.app, 'teapot')).toMatchObject({ ...ONCE, successes: 1 });
    expect(recorded(app.app, 'strange')).toMatchObject({ ...ONCE, failures: 1 });
    expect(await (await app.get('/metrics')).text()).toContain(
      'mainstay_operation_errors_total{resource="http",operation="OrdersController.strange",error_type="HTTP_507"} 1',
    );
  });

  it('a client that leaves before the end is a cancellation', async () => {
    await using app = await startStatusApp(platform, { metadata });
    const client = connect(Number(new URL(app.url).port), '127.0.0.1');
    client.write('GET /orders/endless HTTP/1.1\r\nHost: x\r\n\r\n');
    await eventually(
      () => expect(recorded(app.app, 'endless')).toMatchObject({ attempts: 1, active: 1 }),
      GENEROUS_MS,
    );
    client.destroy();
    await once(client, 'close');
    await eventually(
      () => expect(recorded(app.app, 'endless')).toMatchObject({ ...ONCE, cancellations: 1 }),
      GENEROUS_MS,
    );
  });

  it('what an interceptor below cuts is a failure that was a timeout', async () => {
    await using app = await startStatusApp(platform, { metadata });
    expect((await app.get('/orders/slow')).status).toBe(500);
    expect(recorded(app.app, 'slow')).toMatchObject({ ...ONCE, failures: 1 });
  });

  it('what a guard refuses never reached the handler: it is not recorded', async () => {
    await using app = await startStatusApp(platform, { metadata });
    expect((await app.get('/orders/guarded')).status).toBe(403);
    expect(recorded(app.app, 'guarded')).toBeUndefined();
  });

  it('labels are names of the code: no path, no parameter, no query', async () => {
    await using app = await startStatusApp(platform, { metadata });
    await app.get('/orders?customer=4711');
    await app.get('/nowhere/4711');
    expect(await (await app.get('/metrics')).text()).not.toContain('4711');
  });
});

describe('StatusInterceptor over RPC', () => {
  interface Microservice extends AsyncDisposable {
    readonly client: ClientProxy;
    readonly messages: OrdersMessages;
    recorded(handler: string): ReturnType<StatusManager['operationStatus']>;
    metrics(): Promise<string>;
  }

  /** A TCP microservice beside an HTTP application, as NestJS calls it: hybrid. */
  async function startMicroservice(): Promise<Microservice> {
    const port = await freePort();
    const options = { host: '127.0.0.1', port };
    const app = await startStatusApp('express', {
      metadata: { controllers: [OrdersMessages], providers: RECORDED },
      prepare: (nest) => {
        nest.connectMicroservice({ transport: Transport.TCP, options }, { inheritAppConfig: true });
      },
    });
    await app.app.startAllMicroservices();
    const client = ClientProxyFactory.create({ transport: Transport.TCP, options });
    await client.connect();
    return {
      client,
      messages: app.app.get(OrdersMessages),
      recorded: (handler) =>
        app.app.get(StatusManager).operationStatus('rpc', `OrdersMessages.${handler}`),
      metrics: async () => (await app.get('/metrics')).text(),
      [Symbol.asyncDispose]: async () => {
        await client.close();
        await app[Symbol.asyncDispose]();
      },
    };
  }

  it('records requests: one value, several values', async () => {
    await using service = await startMicroservice();
    expect(await firstValueFrom(service.client.send('sum', [1, 2, 3]))).toBe(6);
    expect(await lastValueFrom(service.client.send('several', '').pipe(toArray()))).toEqual([
      1, 2, 3,
    ]);
    for (const handler of ['sum', 'several']) {
      await eventually(
        () => expect(service.recorded(handler)).toMatchObject({ ...ONCE, successes: 1 }),
        GENEROUS_MS,
      );
    }
  });

  it('records events, whose senders hear nothing', async () => {
    await using service = await startMicroservice();
    await lastValueFrom(service.client.emit('ordered', { id: 1 }), { defaultValue: undefined });
    await lastValueFrom(service.client.emit('lost', {}), { defaultValue: undefined });
    await eventually(() => {
      expect(service.recorded('ordered')).toMatchObject({ ...ONCE, successes: 1 });
      expect(service.recorded('lost')).toMatchObject({ ...ONCE, failures: 1 });
    }, GENEROUS_MS);
    expect(service.messages.seen).toEqual([{ id: 1 }]);
  });

  it('an RpcException is a failure of its own type, unless it carries a status below 500', async () => {
    await using service = await startMicroservice();
    for (const pattern of ['refuse', 'not-found', 'broken', 'slow']) {
      await rejectionOf(firstValueFrom(service.client.send(pattern, '')));
    }
    await eventually(() => {
      expect(service.recorded('refuse')).toMatchObject({ ...ONCE, failures: 1 });
      expect(service.recorded('notFound')).toMatchObject({ ...ONCE, successes: 1 });
      expect(service.recorded('broken')).toMatchObject({ ...ONCE, failures: 1 });
      expect(service.recorded('slow')).toMatchObject({ ...ONCE, failures: 1 });
    }, GENEROUS_MS);
    const metrics = await service.metrics();
    const errors = (handler: string, type: string) =>
      `mainstay_operation_errors_total{resource="rpc",operation="OrdersMessages.${handler}",error_type="${type}"} 1`;
    expect(metrics).toContain(errors('refuse', 'RPC_EXCEPTION'));
    expect(metrics).toContain(errors('broken', 'ECONNRESET'));
    expect(metrics).toContain(errors('slow', 'TimeoutError'));
  });

  it('what a guard refuses never reached the handler: it is not recorded', async () => {
    await using service = await startMicroservice();
    await rejectionOf(firstValueFrom(service.client.send('guarded', '')));
    expect(service.recorded('guarded')).toBeUndefined();
  });
});
