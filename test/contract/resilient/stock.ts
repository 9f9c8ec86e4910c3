import { PipelineBinder, Resilient, useOperationBinder } from 'nestjs-mainstay/resilience';
import { FakeClock } from 'nestjs-mainstay/testing';

/** Compiled twice by the test: with TypeScript's legacy decorators, and with standard ones. */
class Stock {
  readonly tries: string[] = [];
  readonly #lastKnown = 7;

  @Resilient({ resource: 'stock', idempotent: true })
  async count(item: string): Promise<number> {
    this.tries.push(item);
    if (this.tries.length < 3) throw lost();
    return item.length;
  }

  @Resilient({ resource: 'stock', operation: 'take', fallback: 'queued', signalParameter: 1 })
  async take(item: string, signal?: AbortSignal): Promise<string> {
    this.tries.push(`${item} ${signal instanceof AbortSignal}`);
    throw lost();
  }

  queued(error: Error, item: string): string {
    return `${item} queued after ${error.message}, ${this.#lastKnown} left`;
  }

  @Resilient({ resource: 'stock' })
  static async audit(year: number): Promise<string> {
    return `${this.name} ${year}`;
  }

  @Resilient({ resource: 'stock', fallback: (_error, item: string) => item.length })
  async estimate(item: string, _exact = false): Promise<number> {
    return item.length;
  }

  // @ts-expect-error its calls return promises, the method does not
  @Resilient({ resource: 'stock' })
  synchronous(): number {
    return 1;
  }

  // @ts-expect-error the fallback gives something else
  @Resilient({ resource: 'stock', fallback: () => 'none' })
  async mismatched(): Promise<number> {
    return 1;
  }
}

class Warehouse extends Stock {
  override count(item: string): Promise<number> {
    return super.count(`${item} in the warehouse`);
  }
}

function lost(): Error {
  return Object.assign(new Error('reset'), { code: 'ECONNRESET' });
}

/** What the class above does, in lines. */
export async function run(): Promise<string[]> {
  const clock = new FakeClock();
  const warehouse = new Warehouse();
  const binder = new PipelineBinder(clock);
  useOperationBinder(warehouse, binder);
  const counted = warehouse.count('x');
  await clock.advance(1_000);
  const lines = [`counted ${await counted}`, await warehouse.take('y'), await Stock.audit(2026)];
  binder.find('stock')?.breaker?.isolate();
  const code = await warehouse
    .count('z')
    .catch((error: unknown) => (error as { code: string }).code);
  return [...lines, ...warehouse.tries, `${code}`];
}
