import { expect } from 'vitest';
import { eventually } from './eventually.js';
import { ended, readMetrics } from './metrics.js';

interface AttemptCount {
  readonly resource: string;
  readonly operation: string;
  readonly attempts: number;
}

/** Asserts that every attempt of every operation of a service ended in exactly one way, and that none is under way. */
export async function expectEveryAttemptEnded(baseUrl: string): Promise<void> {
  await eventually(async () => {
    const response = await fetch(`${baseUrl}/status.json`);
    const { operations } = (await response.json()) as { operations: AttemptCount[] };
    const metrics = await readMetrics(baseUrl);
    expect(operations.length).toBeGreaterThan(0);
    for (const { resource, operation, attempts } of operations) {
      const calls = ended(metrics, resource, operation);
      const { success, failure, rejected, cancelled, active } = calls;
      const label = `${resource}.${operation} ${JSON.stringify(calls)}`;
      expect(success + failure + rejected + cancelled, label).toBe(attempts);
      expect(active, label).toBe(0);
    }
  }, 5_000);
}
