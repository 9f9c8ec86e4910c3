import { expect, it } from 'vitest';
import { OPERATION_DURATION } from './status-metrics.js';

it('status rule 1: times go into the buckets of the specification', () => {
  expect(OPERATION_DURATION.buckets).toEqual([
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
  ]);
});
