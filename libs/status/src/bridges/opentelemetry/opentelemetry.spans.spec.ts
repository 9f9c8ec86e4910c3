import { AsyncLocalStorage } from 'node:async_hooks';
import { context, SpanKind, SpanStatusCode, trace, type Tracer } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import {
  InMemorySpanExporter,
  SimpleSpanProcessor,
  type ReadableSpan,
} from '@opentelemetry/sdk-trace-base';
import { NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import { Logger } from '@nestjs/common';
import { SystemClock } from 'nestjs-mainstay/common';
import { Operations, type OperationInterceptor } from 'nestjs-mainstay/resource';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { OperationSubjects } from './operation-subjects.js';
import { TelemetryInterceptor } from './telemetry.interceptor.js';

const REFUSED = Object.assign(new Error('connect'), { code: 'ECONNREFUSED' });
const SYSTEMS: Readonly<Record<string, string>> = { database: 'postgresql', embedded: 'sqlite' };
const registry = {
  get: (name: string) => ({ resource: { system: SYSTEMS[name] } }) as never,
};

/** Long enough for a loaded machine, where a test waits for no timeout. */
const PATIENT = { tryTimeoutMs: 20_000, totalTimeoutMs: 60_000 };

describe('the spans of OpenTelemetryModule', () => {
  const clock = new SystemClock();
  const exporter = new InMemorySpanExporter();
  const provider = new NodeTracerProvider({
    spanProcessors: [new SimpleSpanProcessor(exporter)],
  });
  const application = provider.getTracer('application');

  beforeAll(() => {
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  });
  beforeEach(() => exporter.reset());
  afterEach(() => vi.restoreAllMocks());
  afterAll(async () => {
    context.disable();
    await provider.shutdown();
  });

  function operationsWith(
    own: readonly OperationInterceptor[] = [],
    tracer: Tracer = provider.getTracer('nestjs-mainstay'),
  ): Operations {
    const subjects = new OperationSubjects(registry);
    const bridge = new TelemetryInterceptor({ clock, subjects, tracer, durations: undefined });
    return new Operations(clock, undefined, own, undefined, [bridge]);
  }

  function inSpan<R>(name: string, work: () => Promise<R>): Promise<R> {
    return application.startActiveSpan(name, async (span) => {
      try {
        return await work();
      } finally {
        span.end();
      }
    });
  }

  /** What an instrumented driver does with each request. */
  function driverSpan(name: string): void {
    application.startSpan(name).end();
  }

  const spans = (): ReadableSpan[] => exporter.getFinishedSpans();
  const span = (name: string): ReadableSpan => {
    const found = spans().filter((one) => one.name === name);
    expect(found, `spans named ${name}`).toHaveLength(1);
    return found[0]!;
  };
  const parentOf = (one: ReadableSpan): string | undefined =>
    spans().find((other) => other.spanContext().spanId === one.parentSpanContext?.spanId)?.name;

  it("status rule 3: an operation's span is the child of the application's and the parent of what its work starts", async () => {
    const operations = operationsWith();
    const read = operations.of({ name: 'storage' }).bind('read');
    const query = operations.of({ name: 'database' }).bind('query');
    const result = await inSpan('GET /orders', () =>
      read.run(async () => {
        await clock.sleep(1);
        driverSpan('open');
        return query.run(async () => {
          await clock.sleep(1);
          driverSpan('SELECT');
          return 42;
        }, undefined);
      }, undefined),
    );
    expect(result).toBe(42);
    expect(parentOf(span('read storage'))).toBe('GET /orders');
    expect(parentOf(span('open'))).toBe('read storage');
    expect(parentOf(span('query database'))).toBe('read storage');
    expect(parentOf(span('SELECT'))).toBe('query database');
  });

  it('status rule 3: databases have the attributes of the semantic conventions, everything else its own', async () => {
    const operations = operationsWith();
    for (const name of ['database', 'embedded', 'storage']) {
      await operations
        .of({ name })
        .bind('read')
        .run(() => 1, undefined);
    }
    expect(span('read database')).toMatchObject({
      kind: SpanKind.CLIENT,
      status: { code: SpanStatusCode.UNSET },
      instrumentationScope: { name: 'nestjs-mainstay' },
    });
    expect(span('read database').attributes).toEqual({
      'db.system.name': 'postgresql',
      'db.operation.name': 'read',
      'mainstay.resource.name': 'database',
    });
    expect(span('read embedded').kind).toBe(SpanKind.INTERNAL);
    expect(span('read embedded').attributes['db.system.name']).toBe('sqlite');
    expect(span('read storage').kind).toBe(SpanKind.INTERNAL);
    expect(span('read storage').attributes).toEqual({
      'mainstay.resource.name': 'storage',
      'mainstay.operation.name': 'read',
    });
  });

  it('status rule 3: one span covers a call with its retries, which are its events; each try is inside of it', async () => {
    const operations = operationsWith();
    let tries = 0;
    const call = operations.of({ name: 'database' }, PATIENT).bind('query', { idempotent: true });
    await inSpan('request', () =>
      call.run(async () => {
        driverSpan(`try ${++tries}`);
        await clock.sleep(1);
        if (tries < 3) throw REFUSED;
        return 'rows';
      }, undefined),
    );
    const { events, status, attributes } = span('query database');
    expect(events.map(({ name, attributes: of }) => [name, of])).toEqual([
      ['retry', { 'mainstay.try.number': 2 }],
      ['retry', { 'mainstay.try.number': 3 }],
    ]);
    expect(status.code).toBe(SpanStatusCode.UNSET);
    expect(attributes).not.toHaveProperty('error.type');
    for (const one of ['try 1', 'try 2', 'try 3']) {
      expect(parentOf(span(one))).toBe('query database');
    }
  });

  it('a try after a timeout, which begins on a timer that calls share, is inside of its own span', async () => {
    const operations = operationsWith();
    const call = operations
      .of({ name: 'database' }, { tryTimeoutMs: 200, totalTimeoutMs: 60_000, limiter: false })
      .bind('query', { idempotent: true });
    const one = (name: string): Promise<unknown> => {
      let tries = 0;
      return inSpan(name, () =>
        call.run((_, { tryNumber }) => {
          driverSpan(`${name} ${tryNumber}`);
          return ++tries === 1 ? new Promise(() => undefined) : Promise.resolve('rows');
        }, undefined),
      );
    };
    await Promise.all([one('a'), one('b'), one('c')]);
    for (const name of ['a', 'b', 'c']) {
      const second = span(`${name} 2`);
      const operation = spans().find(
        (other) => other.spanContext().spanId === second.parentSpanContext?.spanId,
      );
      expect(operation?.name).toBe('query database');
      expect(parentOf(operation!)).toBe(name);
    }
  });

  it('status rule 3: 200 concurrent calls keep to their own parents', async () => {
    const operations = operationsWith();
    const call = operations
      .of({ name: 'database' }, { ...PATIENT, limiter: { maxConcurrent: 20, maxQueue: 500 } })
      .bind('query', { idempotent: true });
    const requests = Array.from({ length: 200 }, (_, index) => `request ${index}`);
    await Promise.all(
      requests.map((name, index) =>
        inSpan(name, () =>
          call.run(async (_, { tryNumber }) => {
            await clock.sleep(index % 7);
            driverSpan(`driver of ${name}, try ${tryNumber}`);
            if (tryNumber === 1 && index % 20 === 0) throw REFUSED;
          }, undefined),
        ),
      ),
    );
    const byId = new Map(spans().map((one) => [one.spanContext().spanId, one]));
    const drivers = spans().filter(({ name }) => name.startsWith('driver of'));
    expect(drivers).toHaveLength(210);
    for (const driver of drivers) {
      const operation = byId.get(driver.parentSpanContext?.spanId ?? '');
      const request = byId.get(operation?.parentSpanContext?.spanId ?? '');
      expect(operation?.name).toBe('query database');
      expect(driver.name).toContain(`driver of ${request?.name},`);
      expect(driver.spanContext().traceId).toBe(request?.spanContext().traceId);
    }
  });

  it('status rule 3: a failed call has the status and the type of its error, a rejected one likewise; who gives up has found none', async () => {
    const operations = operationsWith();
    const of = operations.of({ name: 'database' }, { ...PATIENT, retry: false });
    await expect(of.bind('failed').run(() => Promise.reject(REFUSED), 1)).rejects.toBe(REFUSED);
    const signal = AbortSignal.abort();
    await expect(of.bind('given up').run(() => 1, 1, { signal })).rejects.toThrow(/given up/);
    of.breaker?.isolate();
    await expect(of.bind('rejected').run(() => 1, 1)).rejects.toMatchObject({
      code: 'CIRCUIT_OPEN',
    });
    expect(span('failed database')).toMatchObject({
      status: { code: SpanStatusCode.ERROR, message: 'ECONNREFUSED' },
      attributes: { 'error.type': 'ECONNREFUSED' },
    });
    expect(span('rejected database')).toMatchObject({
      status: { code: SpanStatusCode.ERROR },
      attributes: { 'error.type': 'CIRCUIT_OPEN' },
    });
    expect(span('given up database')).toMatchObject({
      status: { code: SpanStatusCode.UNSET },
      attributes: { 'error.type': 'OPERATION_CANCELLED' },
    });
  });

  it('status rule 3: no key, statement, path or secret is in any span', async () => {
    const planted = 'hunter2-planted';
    const operations = operationsWith();
    const query = operations.of({ name: 'database' }, { retry: false }).bind('query');
    const error = Object.assign(new Error(`no user ${planted} in postgres://u:${planted}@db`), {
      code: 'EACCES',
      path: `/${planted}`,
      sql: planted,
    });
    await query.run(() => planted, planted);
    await expect(query.run(() => Promise.reject(error), planted)).rejects.toBe(error);
    expect(spans()).toHaveLength(2);
    const shown = spans().map(({ name, attributes, events, status }) =>
      JSON.stringify({ name, attributes, events, status }),
    );
    expect(shown.join()).not.toContain(planted);
  });

  it("lies outside of the application's interceptors, which find its span active", async () => {
    const own: OperationInterceptor = {
      intercept: (_call, next) => {
        trace.getActiveSpan()?.setAttribute('tenant', 'a-1');
        return next.handle();
      },
    };
    await operationsWith([own])
      .of({ name: 'storage' })
      .bind('read')
      .run(() => 1, undefined);
    expect(span('read storage').attributes['tenant']).toBe('a-1');
  });

  it('leaves what else the application keeps in its context where it is', async () => {
    const tenants = new AsyncLocalStorage<string>();
    const read = operationsWith().of({ name: 'storage' }).bind('read');
    const seen = await tenants.run('a-1', () =>
      read.run(async () => {
        await clock.sleep(1);
        return tenants.getStore();
      }, undefined),
    );
    expect(seen).toBe('a-1');
  });

  it('an SDK that throws changes no outcome', async () => {
    const error = vi.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
    const broken = new Proxy(provider.getTracer('broken'), {
      get: () => () => {
        throw new Error('a defect in the SDK');
      },
    });
    const read = operationsWith([], broken).of({ name: 'storage' }).bind('read');
    expect(await read.run(() => 'value', undefined)).toBe('value');
    await expect(read.run(() => Promise.reject(REFUSED), undefined)).rejects.toBe(REFUSED);
    expect(error.mock.calls.flat().join()).toContain('a defect in the SDK');
  });

  it('nor does a span that throws when a retry is added to it', async () => {
    const error = vi.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
    const startSpan = (name: string) =>
      Object.assign(application.startSpan(name), {
        addEvent: () => {
          throw new Error('a defect in the SDK');
        },
      });
    const tracer = { startSpan } as unknown as Tracer;
    const read = operationsWith([], tracer)
      .of({ name: 'storage' }, PATIENT)
      .bind('read', { idempotent: true });
    const once = async (_: undefined, { tryNumber }: { tryNumber: number }) => {
      if (tryNumber === 1) throw REFUSED;
      return 'value';
    };
    expect(await read.run(once, undefined)).toBe('value');
    expect(error.mock.calls.flat().join()).toContain('a defect in the SDK');
  });
});
