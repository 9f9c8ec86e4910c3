import { Injectable } from '@nestjs/common';
import { pipelinePresets } from 'nestjs-mainstay/resilience';
import { Operations, type BoundOperation } from 'nestjs-mainstay/resource';
import { OneAtATime } from './one-at-a-time.policy.js';
import { quotaRule } from './quota.rule.js';

/** How many of an item there are: in the warehouse, on its replica, and as of last night. */
export abstract class StockSources {
  abstract warehouse(item: string, signal: AbortSignal): Promise<number>;
  abstract replica(item: string): Promise<number>;
  abstract lastNight(item: string): number;
}

@Injectable()
export class StockService {
  readonly #count: BoundOperation;

  constructor(
    private readonly sources: StockSources,
    operations: Operations,
  ) {
    const ofStock = operations.of(
      { name: 'stock' },
      {
        ...pipelinePresets.http,
        tryTimeoutMs: 2_000,
        rules: [quotaRule],
        policies: [new OneAtATime()],
        breaker: { openMs: 10_000 },
      },
    );
    this.#count = ofStock.bind<string, number>('count', {
      idempotent: true,
      // Asked in this order, each when the one before it failed; three at most.
      fallback: [
        (_error, item) => sources.replica(item),
        (_error, item) => sources.lastNight(item),
      ],
    });
  }

  count(item: string): Promise<number> {
    return this.#count.run((key, { signal }) => this.sources.warehouse(key, signal), item);
  }
}
