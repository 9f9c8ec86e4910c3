import { Logger } from '@nestjs/common';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { ErrorDetector } from './error-detector.js';
import { CircuitOpenError } from './circuit-open.error.js';
import { OperationCancelledError } from './operation-cancelled.error.js';
import { OperationTimeoutError } from './operation-timeout.error.js';

const detector = new ErrorDetector();

function withCode(code: string, extra: object = {}): Error {
  return Object.assign(new Error('some text'), { code }, extra);
}

describe('ErrorDetector', () => {
  afterEach(() => vi.restoreAllMocks());

  it.each([
    ['ECONNREFUSED', { kind: 'unavailable', notSent: true }],
    ['ENOTFOUND', { kind: 'unavailable', notSent: true }],
    ['EAI_AGAIN', { kind: 'unavailable', notSent: true }],
    ['EHOSTUNREACH', { kind: 'unavailable' }],
    ['EADDRNOTAVAIL', { kind: 'unavailable' }],
    ['UND_ERR_CONNECT_TIMEOUT', { kind: 'timeout', notSent: true }],
    ['ECONNRESET', { kind: 'unavailable' }],
    ['EPIPE', { kind: 'unavailable' }],
    ['ERR_STREAM_PREMATURE_CLOSE', { kind: 'unavailable' }],
    ['UND_ERR_SOCKET', { kind: 'unavailable' }],
    ['ETIMEDOUT', { kind: 'timeout' }],
    ['UND_ERR_HEADERS_TIMEOUT', { kind: 'timeout' }],
    ['CERT_HAS_EXPIRED', { kind: 'unavailable', notSent: true, retryable: false }],
    ['ERR_TLS_CERT_ALTNAME_INVALID', { kind: 'unavailable', notSent: true, retryable: false }],
    ['ENOSPC', { kind: 'unavailable', retryable: false, partial: true }],
    ['EROFS', { kind: 'unavailable', retryable: false, partial: true }],
    ['EMFILE', { kind: 'transient' }],
    ['EBUSY', { kind: 'transient' }],
    ['EACCES', { kind: 'permanent', reason: 'auth' }],
    ['ENOENT', { kind: 'permanent', reason: 'not-found' }],
    ['EEXIST', { kind: 'permanent', reason: 'conflict' }],
    ['ENAMETOOLONG', { kind: 'permanent', reason: 'validation' }],
  ])('resilience rule 12: knows the code %s of Node', (code, expected) => {
    expect(detector.detect(withCode(code))).toEqual({ ...expected, type: code });
  });

  it.each([
    [401, { kind: 'permanent', reason: 'auth' }],
    [403, { kind: 'permanent', reason: 'auth' }],
    [404, { kind: 'permanent', reason: 'not-found' }],
    [409, { kind: 'permanent', reason: 'conflict' }],
    [422, { kind: 'permanent', reason: 'validation' }],
    [408, { kind: 'timeout' }],
    [429, { kind: 'throttled' }],
    [500, { kind: 'transient' }],
    [502, { kind: 'unavailable' }],
    [503, { kind: 'unavailable' }],
    [504, { kind: 'timeout' }],
  ])('resilience rule 12: knows the HTTP status %i', (status, expected) => {
    const type = `HTTP_${status}`;
    expect(detector.detect(Object.assign(new Error('x'), { status }))).toEqual({
      ...expected,
      type,
    });
    expect(detector.detect(Object.assign(new Error('x'), { statusCode: status }))).toEqual({
      ...expected,
      type,
    });
  });

  it('takes no status outside of 400 to 599, and none of what is no error', () => {
    expect(detector.detect(Object.assign(new Error('x'), { status: 302 })).kind).toBe('unknown');
    expect(detector.detect({ status: 503 }).kind).toBe('unknown');
  });

  it('takes a Unix socket without a file for a dependency that is away, not for a missing object', () => {
    const error = withCode('ENOENT', { syscall: 'connect' });
    expect(detector.detect(error)).toEqual({ kind: 'unavailable', type: 'ENOENT', notSent: true });
  });

  it('tells the abort of the platform from its timeout', () => {
    const timedOut = new DOMException('x', 'TimeoutError');
    expect(detector.detect(AbortSignal.abort().reason)).toEqual({
      kind: 'cancelled',
      type: 'AbortError',
    });
    expect(detector.detect(timedOut)).toEqual({ kind: 'timeout', type: 'TimeoutError' });
  });

  it('believes errors that carry their own classification', () => {
    expect(detector.detect(new CircuitOpenError('cache', 900))).toEqual({
      kind: 'rejected',
      type: 'CIRCUIT_OPEN',
      notSent: true,
      retryAfterMs: 900,
    });
    expect(detector.detect(new OperationTimeoutError('cache', 'get', 250)).kind).toBe('timeout');
    const cancelled = new OperationCancelledError('cache', 'get', 'caller');
    expect(detector.detect(cancelled).kind).toBe('cancelled');
  });

  it('does not believe a property "classification" that is something else', () => {
    const error = Object.assign(new Error('x'), {
      classification: { kind: 'mammal', type: 'cat' },
    });
    expect(detector.detect(error)).toEqual({ kind: 'unknown', type: 'Error' });
  });

  it('resilience rule 12: does not judge by message text', () => {
    expect(detector.detect(new Error('connect ECONNREFUSED 127.0.0.1:6379')).kind).toBe('unknown');
  });

  it.each([
    [new TypeError('x is not a function'), 'TypeError'],
    ['a string', 'string'],
    [undefined, 'undefined'],
    [null, 'object'],
    [Object.create(null), 'object'],
  ])('resilience rule 12: says unknown of everything else: %o', (error, type) => {
    expect(detector.detect(error)).toEqual({ kind: 'unknown', type });
  });

  it.each([
    ['text', 'user 42 has no quota'],
    ['a secret', 'redis://u:hunter2@h'],
    ['something long', 'E'.repeat(65)],
    ['lines', 'Error\nError'],
  ])('resilience rule 12: takes no name for a type that is %s', (_what, name) => {
    const error = Object.assign(new Error('x'), { name });
    expect(detector.detect(error)).toEqual({ kind: 'unknown', type: 'object' });
  });

  it.each(['QuotaError', '_QuotaError', 'DOMException', 'Quota.Error', 'E'.repeat(64)])(
    'resilience rule 12: takes the name %s for a type',
    (name) => {
      const error = Object.assign(new Error('x'), { name });
      expect(detector.detect(error)).toEqual({ kind: 'unknown', type: name });
    },
  );

  it.each([
    [
      'a lost connection with the status of an answer',
      withCode('ECONNRESET', { status: 404 }),
      'unavailable',
    ],
    ['a timeout with the status of an answer', withCode('ETIMEDOUT', { status: 503 }), 'timeout'],
    ['a caller that gave up', withCode('ECONNRESET', { name: 'AbortError' }), 'cancelled'],
  ])('resilience rule 12: of two tables that know it the first kind wins: %s', (_, error, kind) => {
    expect(detector.detect(error).kind).toBe(kind);
  });

  it('asks the rules of users first; the first match wins', () => {
    const own = new ErrorDetector([
      () => undefined,
      () => ({ kind: 'throttled', type: 'QUOTA' }),
      () => ({ kind: 'permanent', type: 'NEVER_ASKED' }),
    ]);
    expect(own.detect(withCode('ECONNREFUSED'))).toEqual({ kind: 'throttled', type: 'QUOTA' });
  });

  it('resilience rule 17: goes on to the next rule when a rule throws', () => {
    const logged = vi.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
    const own = new ErrorDetector([
      () => {
        throw new Error('a defect in a rule');
      },
    ]);
    expect(own.detect(withCode('ECONNRESET')).kind).toBe('unavailable');
    expect(logged).toHaveBeenCalledWith(
      expect.stringContaining('a defect in a rule'),
      expect.any(String),
    );
  });

  it('never throws, not even for an error that cannot be read', () => {
    vi.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
    const unreadable = new Proxy(
      {},
      {
        get() {
          throw new Error('no');
        },
      },
    );
    expect(detector.detect(unreadable)).toEqual({ kind: 'unknown', type: 'object' });
  });

  describe('causes', () => {
    it('resilience rule 12: judges an error that no rule knows by its cause', () => {
      const error = new Error('fetch failed', { cause: withCode('ECONNREFUSED') });
      expect(detector.detect(error).type).toBe('ECONNREFUSED');
    });

    it('lets the outer error win where both are known', () => {
      const error = Object.assign(new Error('x', { cause: withCode('ECONNREFUSED') }), {
        status: 404,
      });
      expect(detector.detect(error).type).toBe('HTTP_404');
    });

    it('looks into the members of an AggregateError', () => {
      const error = new AggregateError([new Error('a'), withCode('ENETUNREACH')]);
      expect(detector.detect(error).type).toBe('ENETUNREACH');
    });

    it('walks causes of another realm, which are no instances of our Error', () => {
      const foreign = { name: 'Error', message: 'x', cause: withCode('ECONNRESET') };
      expect(detector.detect(foreign).type).toBe('ECONNRESET');
    });

    it('resilience rule 12: walks 10 causes deep and no deeper', () => {
      const nested = (depth: number): Error =>
        depth === 0 ? withCode('ECONNRESET') : new Error('x', { cause: nested(depth - 1) });
      expect(detector.detect(nested(10)).kind).toBe('unavailable');
      expect(detector.detect(nested(11)).kind).toBe('unknown');
    });

    it('ends on causes that form a circle', () => {
      const error = new Error('x');
      error.cause = error;
      expect(detector.detect(error).kind).toBe('unknown');
    });
  });
});
