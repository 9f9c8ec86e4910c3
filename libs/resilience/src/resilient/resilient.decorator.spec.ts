import { SetMetadata } from '@nestjs/common';
import { FakeClock } from 'nestjs-mainstay/testing';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { PipelineBinder } from './pipeline-binder.js';
import { useOperationBinder } from './binder-of.js';
import { Resilient } from './resilient.decorator.js';

const REFUSED = Object.assign(new Error('connect'), { code: 'ECONNREFUSED' });
const RESET = Object.assign(new Error('reset'), { code: 'ECONNRESET' });
const HANDLED_BY = Symbol('for a decorator that has to run');

/** What the methods below do, one after the other; then they succeed. */
let failures: Error[];
let calls: unknown[][];
const AUDITED = Symbol('audited');
const RENAMED = Symbol('refresh');

function answer<R>(...call: unknown[]): Promise<R> {
  calls.push(call);
  const failure = failures.shift();
  return failure ? Promise.reject(failure) : Promise.resolve(call.join(' ') as R);
}

class Rates {
  readonly lastKnown = 'last known';

  @Resilient({ resource: 'rates', idempotent: true })
  rate(currency: string, to = 'USD'): Promise<string> {
    return answer(this.lastKnown, currency, to);
  }

  @Resilient({ resource: 'rates' })
  order(currency: string): Promise<string> {
    return answer(currency);
  }

  @Resilient({ resource: 'rates', fallback: (_error, currency: string) => `no ${currency}` })
  quote(currency: string, digits = 2): Promise<string> {
    return answer(currency, digits);
  }

  @Resilient({
    resource: 'rates',
    fallback(this: Rates, error) {
      return `${this.lastKnown}: ${(error as Error).message}`;
    },
  })
  spot(): Promise<string> {
    return answer('spot');
  }

  @Resilient({ resource: 'rates', fallback: 'stored' })
  stale(currency: string): Promise<string> {
    return answer(currency);
  }

  stored(error: Error, currency: string): string {
    return `${this.lastKnown} ${currency} after ${error.message}`;
  }

  @Resilient({ resource: 'rates', signalParameter: 1, tryTimeoutMs: 100, maxTries: 1 })
  slow(currency: string, signal?: AbortSignal): Promise<AbortSignal> {
    calls.push([currency, signal]);
    return new Promise((_resolve, reject) => {
      signal?.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
    });
  }

  @Resilient({ resource: 'rates', operation: 'renamed' })
  [RENAMED](): Promise<string> {
    return answer('symbol');
  }

  @Resilient()
  unnamed(): Promise<string> {
    return answer('unnamed');
  }

  @Resilient({ idempotent: true })
  static shared(currency: string): Promise<string> {
    return answer(this.name, currency);
  }

  @SetMetadata(HANDLED_BY, 'above')
  @Resilient({ resource: 'rates' })
  @SetMetadata(AUDITED, 'below')
  audited(one: string, two: string): Promise<string> {
    return answer(one, two);
  }
}

class ChildRates extends Rates {
  override rate(currency: string): Promise<string> {
    return super.rate(`child ${currency}`);
  }
}

function setUp<T extends object>(target: T) {
  const clock = new FakeClock();
  const binder = new PipelineBinder(clock);
  useOperationBinder(target, binder);
  return { clock, binder, target };
}

describe('@Resilient', () => {
  beforeEach(() => {
    failures = [];
    calls = [];
  });

  it('calls the method with its object and its arguments, defaults of parameters included', async () => {
    const { target } = setUp(new Rates());
    expect(await target.rate('EUR')).toBe('last known EUR USD');
    expect(await target.rate('EUR', 'GBP')).toBe('last known EUR GBP');
  });

  it('retries what is idempotent', async () => {
    const { target, clock } = setUp(new Rates());
    failures.push(RESET, RESET);
    const result = target.rate('EUR');
    await clock.advance(1_000);
    expect(await result).toBe('last known EUR USD');
    expect(calls).toHaveLength(3);
  });

  it('resilience rule 2: sends nothing twice that is not, unless nothing was sent', async () => {
    const { target, clock } = setUp(new Rates());
    failures.push(RESET);
    await expect(target.order('EUR')).rejects.toBe(RESET);
    failures.push(REFUSED);
    const result = target.order('EUR');
    await clock.advance(1_000);
    expect(await result).toBe('EUR');
    expect(calls).toHaveLength(3);
  });

  it('turns what a method throws before its promise into a rejection', async () => {
    class Broken {
      @Resilient({ resource: 'rates' })
      read(): Promise<string> {
        throw RESET;
      }
    }
    await expect(setUp(new Broken()).target.read()).rejects.toBe(RESET);
  });

  describe('fallback', () => {
    it('receives the error and what the method was called with', async () => {
      const { target } = setUp(new Rates());
      failures.push(RESET);
      expect(await target.quote('EUR')).toBe('no EUR');
    });

    it('has the object as this', async () => {
      const { target } = setUp(new Rates());
      failures.push(RESET);
      expect(await target.spot()).toBe('last known: reset');
    });

    it('may be the name of a method', async () => {
      const { target } = setUp(new Rates());
      failures.push(RESET);
      expect(await target.stale('EUR')).toBe('last known EUR after reset');
    });

    it('may be a chain, asked in its order', async () => {
      class Chained {
        @Resilient({ resource: 'chained', fallback: [() => Promise.reject(REFUSED), 'last'] })
        read(item: string): Promise<string> {
          return answer(item);
        }
        last(error: Error, item: string): string {
          return `${item} after ${error.message}`;
        }
      }
      failures.push(RESET);
      expect(await setUp(new Chained()).target.read('EUR')).toBe('EUR after reset');
    });

    it('may be a chain of three at most', () => {
      const fallback = Array.from({ length: 4 }, () => () => 'none');
      expect(() => Resilient({ fallback })).toThrow(/fallback is 4; it must be at most 3/);
    });

    it('is that of the object that was called, although objects share their operations', async () => {
      const binder = new PipelineBinder(new FakeClock());
      const [one, two] = [new Rates(), new Rates()];
      Object.assign(two, { lastKnown: 'other' });
      for (const target of [one, two]) useOperationBinder(target, binder);
      failures.push(RESET, RESET);
      expect(await Promise.all([one.stale('EUR'), two.stale('GBP')])).toEqual([
        'last known EUR after reset',
        'other GBP after reset',
      ]);
    });

    it('is refused when no such method is there', async () => {
      class Broken {
        @Resilient({ resource: 'rates', fallback: 'nowhere' })
        read(): Promise<string> {
          return answer('read');
        }
      }
      await expect(setUp(new Broken()).target.read()).rejects.toMatchObject({
        code: 'PIPELINE_OPTIONS_INVALID',
        message: expect.stringContaining('fallback is nowhere'),
      });
    });
  });

  describe('signalParameter', () => {
    it('resilience rule 6: gives the signal of the try, which aborts at its timeout', async () => {
      const { target, clock } = setUp(new Rates());
      const result = expect(target.slow('EUR')).rejects.toMatchObject({
        code: 'OPERATION_TIMEOUT',
      });
      await clock.advance(100);
      await result;
      const [currency, signal] = calls[0] as [string, AbortSignal];
      expect([currency, signal.aborted]).toEqual(['EUR', true]);
    });

    it("resilience rule 7: the caller's signal there cancels the call", async () => {
      const { target } = setUp(new Rates());
      const caller = new AbortController();
      const result = expect(target.slow('EUR', caller.signal)).rejects.toMatchObject({
        code: 'OPERATION_CANCELLED',
      });
      caller.abort();
      await result;
      expect(calls[0]?.[1]).not.toBe(caller.signal);
    });

    it('refuses what is no signal', async () => {
      const { target } = setUp(new Rates());
      const call = target.slow('EUR', 'soon' as never);
      await expect(call).rejects.toMatchObject({
        code: 'RESILIENT_TARGET_INVALID',
        message: '@Resilient on slow: argument 1 must be an AbortSignal, or be left out.',
      });
    });
  });

  it('resilience rule 15: may take no slot of the limiter', async () => {
    class Transfers {
      @Resilient({
        resource: 'transfers',
        pipeline: { limiter: { maxConcurrent: 1, maxQueue: 0 } },
      })
      ask(): Promise<string> {
        return answer('ask');
      }
      @Resilient({ resource: 'transfers', maxTries: 1, limiter: false })
      transfer(): Promise<string> {
        return answer('transfer');
      }
    }
    const { target } = setUp(new Transfers());
    expect(await Promise.all([target.ask(), target.transfer(), target.transfer()])).toHaveLength(3);
  });

  describe('resources', () => {
    it('give the methods of an object one breaker for each resource', async () => {
      const { target, binder } = setUp(new Rates());
      await target.rate('EUR');
      binder.find('rates')?.breaker?.isolate();
      await expect(target.order('EUR')).rejects.toMatchObject({ code: 'CIRCUIT_OPEN' });
    });

    it("are named like the object's class unless told otherwise", async () => {
      const base = setUp(new Rates());
      const child = setUp(new ChildRates());
      await Promise.all([base.target.unnamed(), child.target.unnamed()]);
      expect(base.binder.find('Rates')).toBeDefined();
      expect(child.binder.find('ChildRates')).toBeDefined();
    });

    it('need a name where the class has none', async () => {
      class Anonymous {
        @Resilient()
        read(): Promise<string> {
          return answer('read');
        }
      }
      Object.defineProperty(Anonymous, 'name', { value: '' });
      const { target } = setUp(new Anonymous());
      await expect(target.read()).rejects.toThrow(/give the option resource/);
    });

    it('have the pipeline that any of the methods gives, whichever is called first', async () => {
      class Two {
        @Resilient({ resource: 'two' })
        first(): Promise<string> {
          return answer('first');
        }
        @Resilient({ resource: 'two', pipeline: { breaker: false } })
        second(): Promise<string> {
          return answer('second');
        }
      }
      const { target, binder } = setUp(new Two());
      await target.first();
      expect(binder.find('two')?.breaker).toBeUndefined();
    });

    it('have it also when the method that gives it is inherited, or wrapped by another decorator', async () => {
      const outer = SetMetadata('outer', true);
      class Base {
        @outer
        @Resilient({ resource: 'two', pipeline: { breaker: false } })
        first(): Promise<string> {
          return answer('first');
        }
      }
      class Child extends Base {
        @Resilient({ resource: 'two' })
        second(): Promise<string> {
          return answer('second');
        }
      }
      const { target, binder } = setUp(new Child());
      await target.second();
      expect(binder.find('two')?.breaker).toBeUndefined();
    });

    it('refuse two pipelines, when the class is defined', () => {
      const define = (): unknown => {
        class Two {
          @Resilient({ resource: 'two', pipeline: { tryTimeoutMs: 1 } })
          first(): Promise<string> {
            return answer('first');
          }
          @Resilient({ resource: 'two', pipeline: { tryTimeoutMs: 2 } })
          second(): Promise<string> {
            return answer('second');
          }
        }
        return Two;
      };
      expect(define).toThrow(
        /pipeline is given differently by (first and second|second and first)/,
      );
    });

    it('accept the same pipeline twice', () => {
      const define = (): unknown => {
        class Two {
          @Resilient({ resource: 'two', pipeline: { tryTimeoutMs: 1 } })
          first(): Promise<string> {
            return answer('first');
          }
          @Resilient({ resource: 'two', pipeline: { tryTimeoutMs: 1 } })
          second(): Promise<string> {
            return answer('second');
          }
        }
        return Two;
      };
      expect(define).not.toThrow();
    });
  });

  describe('without anybody to give operations', () => {
    it('gives each object pipelines of its own', async () => {
      const [one, two] = [new Rates(), new Rates()];
      for (let call = 0; call < 10; call++) {
        failures.push(RESET);
        await expect(one.order('EUR')).rejects.toBe(RESET);
      }
      await expect(one.order('EUR')).rejects.toMatchObject({ code: 'CIRCUIT_OPEN' });
      expect(await two.order('EUR')).toBe('EUR');
    });

    it('gives a class pipelines of its own for its static methods', async () => {
      expect(await Rates.shared('EUR')).toBe('Rates EUR');
      const clock = new FakeClock();
      useOperationBinder(Rates, new PipelineBinder(clock));
      failures.push(RESET);
      const result = Rates.shared('EUR');
      await clock.advance(1_000);
      expect(await result).toBe('Rates EUR');
      expect(calls).toHaveLength(3);
    });

    it('cannot protect a method that lost its object', async () => {
      const { rate } = new Rates();
      await expect(rate('EUR')).rejects.toThrow(
        '@Resilient on rate: it was called without its object; call it as object.method().',
      );
    });
  });

  it('needs no class where the resource is named', async () => {
    const { unnamed, order } = Rates.prototype;
    const target = Object.assign(Object.create(null) as object, { unnamed, order });
    expect(await target.order('EUR')).toBe('EUR');
    await expect(target.unnamed()).rejects.toThrow(
      '@Resilient on unnamed: its class has no name; give the option resource.',
    );
  });

  describe('stands in for the method', () => {
    it('with its name, its number of parameters and its metadata, from above and below', () => {
      const { audited } = Rates.prototype;
      expect([audited.name, audited.length]).toEqual(['audited', 2]);
      expect(Reflect.getMetadata(AUDITED, audited)).toBe('below');
      expect(Reflect.getMetadata(HANDLED_BY, audited)).toBe('above');
    });

    it('where its name is a symbol, and where a subclass calls it as super', async () => {
      const { target } = setUp(new ChildRates());
      expect(await target[RENAMED]()).toBe('symbol');
      expect(await target.rate('EUR')).toBe('last known child EUR USD');
    });
  });

  describe('refuses at once', () => {
    it('an accessor, a property and a generator', () => {
      const mark = Resilient() as unknown as (
        target: object,
        key: string,
        descriptor?: PropertyDescriptor,
      ) => void;
      class Target {}
      const accessor = { get: () => 1, configurable: true };
      const generators = [function* () {}, async function* () {}];
      expect(() => mark(Target.prototype, 'rate', accessor)).toThrow(
        '@Resilient on Target.rate: it marks methods, and this is an accessor.',
      );
      expect(() => mark(Target.prototype, 'rate')).toThrow(/this is a property/);
      for (const value of generators) {
        expect(() => mark(Target.prototype, 'rate', { value })).toThrow(
          /a generator has no result/,
        );
      }
    });

    it('options that make no sense', () => {
      expect(() => Resilient({ tryTimeoutMs: 2, totalTimeoutMs: 1 })).toThrow(
        /totalTimeoutMs is 1/,
      );
      expect(() => Resilient({ maxTries: 0 })).toThrow(/maxTries is 0/);
      expect(() => Resilient({ signalParameter: -1 })).toThrow(/signalParameter is -1/);
      expect(() => Resilient({ signalParameter: 0.5 })).toThrow(/signalParameter is 0\.5/);
      expect(() => Resilient({ pipeline: { tryTimeoutMs: -1 } })).toThrow(/tryTimeoutMs is -1/);
    });

    it('by the compiler: what returns no promise, and a fallback that does not fit', () => {
      const define = vi.fn<() => unknown>(() => {
        class Typed {
          // @ts-expect-error its calls return promises, the method does not
          @Resilient({ resource: 'typed' })
          synchronous(): number {
            return 1;
          }
          // @ts-expect-error the fallback gives something else
          @Resilient({ resource: 'typed', fallback: () => 1 })
          text(): Promise<string> {
            return answer('text');
          }
          // @ts-expect-error the fallback takes something else
          @Resilient({ resource: 'typed', fallback: (_error, id: number) => String(id) })
          named(id: string): Promise<string> {
            return answer(id);
          }
        }
        return Typed;
      });
      expect(define).not.toThrow();
    });
  });
});
