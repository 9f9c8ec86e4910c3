import { tracingChannel } from 'node:diagnostics_channel';
import type { PipelineOptions } from 'nestjs-mainstay/resilience';
import { FakeClock, RecordedCalls } from 'nestjs-mainstay/testing';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { OPERATION_CHANNEL } from './operation-channel.js';
import type { OperationInterceptor } from './operation-interceptor.js';
import { Operations } from './operations.js';

const RESET = Object.assign(new Error('reset'), { code: 'ECONNRESET' });

function setUp(options: PipelineOptions = {}, interceptors: readonly OperationInterceptor[] = []) {
  const clock = new FakeClock();
  const recorded = new RecordedCalls();
  const operations = new Operations(clock, recorded, interceptors);
  const cache = operations.of({ name: 'cache' }, { limiter: false, ...options });
  const isHit = (value: unknown): boolean => value !== undefined;
  const get = cache.bind<string>('get', { isHit });
  const look = vi.fn<(key: string, now: number) => string | undefined>(() => 'value');
  return { clock, recorded, cache, get, look };
}

describe('BoundOperation.peek', () => {
  it('gives what is found at the present time', async () => {
    const { clock, get, look } = setUp();
    await clock.advance(50);
    expect(get.peek(look, 'key')).toBe('value');
    expect(look.mock.calls).toEqual([['key', 50]]);
  });

  it.each([0, '', false, null])('gives %j too', (value) => {
    expect(setUp().get.peek(() => value, 'key')).toBe(value);
  });

  it('records what it finds as any other call', () => {
    const { cache, get, recorded } = setUp();
    const set = cache.bind('set');
    expect(get.peek(() => 'value', 'key')).toBe('value');
    expect(set.peek(() => true, 'key')).toBe(true);
    expect(recorded.calls).toEqual([
      'cache.get attempt',
      'cache.get hit',
      'cache.set attempt',
      'cache.set success',
    ]);
  });

  it('records nothing where nothing is found, or the look throws', () => {
    const { get, look, recorded } = setUp();
    look.mockReturnValueOnce(undefined).mockImplementationOnce(() => {
      throw RESET;
    });
    for (let call = 0; call < 2; call++) expect(get.peek(look, 'key')).toBeUndefined();
    expect(recorded.calls).toEqual([]);
  });

  it('looks at nothing where an interceptor stands before the call', () => {
    const { get, look, recorded } = setUp({}, [{ intercept: (_context, next) => next.handle() }]);
    expect(get.peek(look, 'key')).toBeUndefined();
    expect(look).not.toHaveBeenCalled();
    expect(recorded.calls).toEqual([]);
  });

  it.each(['start', 'end', 'asyncStart', 'asyncEnd', 'error'] as const)(
    'looks at nothing while somebody listens to `%s` of the channel',
    (event) => {
      const { get, look } = setUp();
      const channel = tracingChannel(OPERATION_CHANNEL)[event];
      const listener = (): void => undefined;
      channel.subscribe(listener);
      onTestFinished(() => channel.unsubscribe(listener));
      expect(get.peek(look, 'key')).toBeUndefined();
      expect(look).not.toHaveBeenCalled();
    },
  );

  it('looks at nothing while something of the pipeline stands before the call', () => {
    const { cache, get, look } = setUp();
    cache.breaker?.isolate();
    expect(get.peek(look, 'key')).toBeUndefined();
    expect(look).not.toHaveBeenCalled();
    cache.breaker?.reset();
    expect(get.peek(look, 'key')).toBe('value');
  });

  it('resilience rule 8: what was found without asking the dependency hides none of its failures', async () => {
    const { clock, cache, get, look } = setUp({ retry: false });
    const fetch = cache.bind<string, string>('fetch');
    for (let call = 0; call < 5; call++) {
      await fetch.run(() => Promise.reject(RESET), 'key').catch(() => undefined);
      for (let hit = 0; hit < 20; hit++) get.peek(look, 'key');
      await clock.advance(250);
    }
    expect(cache.breaker?.state).toBe('open');
  });

  it('resilience rule 4: what was found without asking the dependency earns no retries', () => {
    const { cache, get, look } = setUp();
    for (let call = 0; call < 100; call++) get.peek(look, 'key');
    expect(cache.status().budget).toMatchObject({ successes: 0, limit: 3 });
  });
});
