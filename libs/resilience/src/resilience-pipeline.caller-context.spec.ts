import { AsyncLocalStorage } from 'node:async_hooks';
import { FakeClock, RecordedCalls } from 'nestjs-mainstay/testing';
import { describe, expect, it } from 'vitest';
import type { CallOptions, OperationOptions, Work } from './operation.js';
import { ResiliencePipeline } from './resilience-pipeline.js';

const TENANTS = ['a', 'b', 'c'] as const;
const tenant = new AsyncLocalStorage<string>();

const hang = (): Promise<string> => new Promise(() => undefined);
/** Whose call the code believes that it works for. */
const whose = (): Promise<string> => Promise.resolve(tenant.getStore() ?? 'nobody');
/** Does not answer at the first try. */
const hangOnce: Work<undefined, string> = (_arg, { tryNumber }) =>
  tryNumber === 1 ? hang() : whose();

function setUp(options: OperationOptions<undefined, string>) {
  const clock = new FakeClock();
  const pipeline = new ResiliencePipeline('payments', { tryTimeoutMs: 50 }, clock);
  const recorder = new RecordedCalls().bind('payments', 'get');
  const operation = pipeline.bind('get', { idempotent: true, ...options }, recorder);
  /** One call of each tenant, all of which wait for the same timer. */
  const callAll = (work: Work<undefined, string>, call?: CallOptions) =>
    Promise.all(
      TENANTS.map((name) => tenant.run(name, () => pipeline.run(operation, work, undefined, call))),
    );
  return { clock, pipeline, callAll };
}

describe('the asynchronous context of a caller', () => {
  it('is that of its retries after a timeout', async () => {
    const { clock, callAll } = setUp({});
    const results = callAll(hangOnce);
    await tenant.run('of the timer', () => clock.advance(10_000));
    expect(await results).toEqual(TENANTS);
  });

  it('is that of its fallback after a timeout', async () => {
    const { clock, callAll } = setUp({ maxTries: 1, fallback: whose });
    const results = callAll(hang);
    await tenant.run('of the timer', () => clock.advance(10_000));
    expect(await results).toEqual(TENANTS);
  });

  it('is that of its work when the signal of a try is aborted', async () => {
    const { clock, callAll } = setUp({});
    const seen: string[] = [];
    const results = callAll((arg, context) => {
      context.signal.addEventListener('abort', () => seen.push(tenant.getStore() ?? 'nobody'));
      return hangOnce(arg, context);
    });
    await tenant.run('of the timer', () => clock.advance(10_000));
    await results;
    expect(seen).toEqual(TENANTS);
  });

  it('is that of its retries after an error', async () => {
    const { clock, callAll } = setUp({});
    const results = callAll((_arg, { tryNumber }) =>
      tryNumber === 1
        ? Promise.reject(Object.assign(new Error('reset'), { code: 'ECONNRESET' }))
        : whose(),
    );
    await tenant.run('of the timer', () => clock.advance(10_000));
    expect(await results).toEqual(TENANTS);
  });
});
