import type { StagedChaos } from 'nestjs-mainstay/resilience';

/** A fire drill: what does the application do while the rates API is slow, then away, and the stock wrong? */
export function exercise(chaos: StagedChaos): () => void {
  // Every tenth try of every operation of the resource waits for 300 ms first.
  chaos.stage({ resource: 'rates', latencyMs: 300, rate: 0.1 });
  // The second to the sixth order fail as if the connection had been reset.
  chaos.stage({
    resource: 'rates',
    operation: 'order',
    fault: () => Object.assign(new Error('reset'), { code: 'ECONNRESET' }),
    after: 1,
    times: 5,
  });
  // The first try for a book gives nonsense; a function sees what was asked for.
  const stage = chaos.stage({
    resource: 'stock',
    result: (item: string) => -item.length,
    when: ({ arg, tryNumber }) => arg === 'book' && tryNumber === 1,
  });
  return () => {
    stage.remove();
    chaos.clear();
  };
}
