import type { Classification } from 'nestjs-mainstay/resilience';
import { FakeClock } from 'nestjs-mainstay/testing';
import { describe, expect, it } from 'vitest';
import { InitializationBackOff } from './initialization-back-off.js';

const DOWN: Classification = { kind: 'unavailable', type: 'ECONNREFUSED' };
const DENIED: Classification = { kind: 'permanent', type: 'WRONGPASS', reason: 'auth' };

/** The shortest and the longest waits after these failures. */
function waits(...failures: Classification[]): (readonly [number, number])[] {
  const clock = new FakeClock();
  const [shortest, longest] = [new InitializationBackOff(clock), new InitializationBackOff(clock)];
  return failures.map((failure) => {
    clock.randoms.push(0, 1);
    return [shortest.next(failure), longest.next(failure)];
  });
}

function times(count: number, failure: Classification): Classification[] {
  return Array.from({ length: count }, () => failure);
}

describe('InitializationBackOff', () => {
  it('waits 200 ms to 1 s for what passes by itself, however often', () => {
    expect(new Set(waits(...times(20, DOWN)).flat())).toEqual(new Set([200, 1_000]));
  });

  it('waits longer each time that credentials are refused, up to 30 s', () => {
    expect(waits(...times(7, DENIED))).toEqual([
      [200, 1_000],
      [1_000, 2_000],
      [2_000, 4_000],
      [4_000, 8_000],
      [8_000, 16_000],
      [15_000, 30_000],
      [15_000, 30_000],
    ]);
  });

  it('begins anew after a failure of another kind', () => {
    expect(waits(DENIED, DENIED, DOWN, DENIED).at(-1)).toEqual([200, 1_000]);
  });
});
