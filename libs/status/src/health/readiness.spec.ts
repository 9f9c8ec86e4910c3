import { describe, expect, it } from 'vitest';
import { judgeReadiness } from './readiness.js';

describe('judgeReadiness', () => {
  it.each([
    [true, false, false, 'ok'],
    [false, false, false, 'starting'],
    [false, false, true, 'starting'],
    [true, true, false, 'draining'],
    [true, true, true, 'draining'],
    [true, false, true, 'down'],
  ])(
    'status rule 5: started %s, draining %s, critical down %s: %s',
    (hasStarted, isDraining, down, word) => {
      expect(judgeReadiness({ hasStarted, isDraining }, { isCriticalDown: () => down })).toBe(word);
    },
  );
});
