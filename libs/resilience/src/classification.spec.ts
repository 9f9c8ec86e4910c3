import { describe, expect, it } from 'vitest';
import {
  isFailureOfDependency,
  isKnownFailure,
  type Classification,
  type ErrorKind,
  type PermanentReason,
} from './classification.js';

const of = (kind: ErrorKind): Classification => ({ kind, type: 'X' });
const permanent = (reason: PermanentReason): Classification => ({ ...of('permanent'), reason });

describe('isFailureOfDependency', () => {
  it.each(['timeout', 'throttled', 'unavailable', 'transient'] as const)(
    'resilience rule 12: %s is one',
    (kind) => expect(isFailureOfDependency(of(kind))).toBe(true),
  );

  it.each(['cancelled', 'rejected', 'permanent', 'unknown'] as const)(
    'resilience rule 12: %s is none',
    (kind) => expect(isFailureOfDependency(of(kind))).toBe(false),
  );
});

describe('isKnownFailure', () => {
  it.each(['timeout', 'throttled', 'unavailable', 'transient', 'rejected'] as const)(
    '%s may be answered with false or null',
    (kind) => expect(isKnownFailure(of(kind))).toBe(true),
  );

  it.each(['auth', 'configuration'] as const)(
    'a permanent error of the operator (%s) may, too',
    (reason) => expect(isKnownFailure(permanent(reason))).toBe(true),
  );

  it.each(['validation', 'not-found', 'conflict'] as const)(
    'a mistake of the caller (%s) is thrown',
    (reason) => expect(isKnownFailure(permanent(reason))).toBe(false),
  );

  it.each(['cancelled', 'unknown', 'permanent'] as const)('%s is thrown', (kind) =>
    expect(isKnownFailure(of(kind))).toBe(false),
  );
});
