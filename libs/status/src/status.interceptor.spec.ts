import {
  BadRequestException,
  ServiceUnavailableException,
  type CallHandler,
  type ExecutionContext,
} from '@nestjs/common';
import type { Classification } from 'nestjs-mainstay/resilience';
import {
  defer,
  firstValueFrom,
  mergeAll,
  NEVER,
  of,
  race,
  throwError,
  type Observable,
} from 'rxjs';
import { describe, expect, it, vi } from 'vitest';
import { StatusInterceptor } from './status.interceptor.js';
import type { StatusManager } from './status.service.js';

class Orders {
  readonly path = 'orders';
}

function list(): void {}

function context(type: string): ExecutionContext {
  return {
    getType: () => type,
    getClass: () => Orders,
    getHandler: () => list,
  } as unknown as ExecutionContext;
}

function run(result: Observable<unknown>, type = 'http') {
  const operation = {
    complete: vi.fn<() => void>(),
    fail: vi.fn<(error: Classification) => void>(),
    cancel: vi.fn<() => void>(),
  };
  const beginOperation = vi.fn<StatusManager['beginOperation']>(() => operation as never);
  const interceptor = new StatusInterceptor({ beginOperation } as unknown as StatusManager);
  const next: CallHandler = { handle: () => result };
  const values: unknown[] = [];
  const subscription = interceptor
    .intercept(context(type), next)
    .subscribe({ next: (value) => values.push(value), error: (error) => values.push(error) });
  return { operation, beginOperation, values, subscription };
}

describe('StatusInterceptor', () => {
  it.each(['http', 'rpc'])('records a handler of %s under its controller and name', (type) => {
    const { beginOperation, operation, values } = run(of('a'), type);
    expect(beginOperation).toHaveBeenCalledWith(type, 'Orders.list');
    expect(operation.complete).toHaveBeenCalledTimes(1);
    expect(operation.cancel).not.toHaveBeenCalled();
    expect(values).toEqual(['a']);
  });

  it('counts an HttpException below 500 as success: the service answered', () => {
    const refusal = new BadRequestException();
    const { operation, values } = run(throwError(() => refusal));
    expect(operation.complete).toHaveBeenCalledTimes(1);
    expect(operation.fail).not.toHaveBeenCalled();
    expect(values).toEqual([refusal]);
  });

  it('counts an HttpException of 500 and above as failure, by its status', () => {
    const { operation } = run(throwError(() => new ServiceUnavailableException()));
    expect(operation.fail).toHaveBeenCalledWith({ kind: 'transient', type: 'HTTP_503' });
  });

  it('counts everything else that is thrown as failure, classified', () => {
    const lost = Object.assign(new Error('gone'), { code: 'ECONNRESET' });
    expect(run(throwError(() => lost)).operation.fail.mock.calls[0]?.[0].type).toBe('ECONNRESET');
    expect(run(throwError(() => new TypeError('x'))).operation.fail).toHaveBeenCalledWith({
      kind: 'unknown',
      type: 'TypeError',
    });
  });

  it('counts a caller that leaves before the end as cancelled', () => {
    const { operation, subscription } = run(NEVER);
    subscription.unsubscribe();
    expect(operation.cancel).toHaveBeenCalledTimes(1);
    expect(operation.complete).not.toHaveBeenCalled();
  });

  it('begins no operation for an Observable that nobody subscribes to: it would never end', async () => {
    const beginOperation = vi.fn<StatusManager['beginOperation']>();
    const interceptor = new StatusInterceptor({ beginOperation } as unknown as StatusManager);
    const handle = vi.fn<() => Observable<unknown>>(() => of('a'));
    // As NestJS puts interceptors in a row; the outer one has an answer at once and leaves the inner.
    const inner = defer(async () => interceptor.intercept(context('http'), { handle }));
    expect(await firstValueFrom(race(inner.pipe(mergeAll()), of('kept')))).toBe('kept');
    expect(beginOperation).not.toHaveBeenCalled();
    expect(handle).not.toHaveBeenCalled();
  });

  it('lets other kinds of handlers pass', () => {
    const { beginOperation, values } = run(of('a'), 'ws');
    expect(beginOperation).not.toHaveBeenCalled();
    expect(values).toEqual(['a']);
  });
});
