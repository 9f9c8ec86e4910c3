import { describe, expect, it } from 'vitest';
import { reportFailure, reportResult } from './probe-report.js';

describe('reportResult', () => {
  it('is reachable when every capability works', () => {
    expect(reportResult({ capabilities: { read: true, write: true } })).toEqual({
      reachability: 'reachable',
      capabilities: { read: true, write: true },
    });
  });

  it('status rule 4: is impaired when it still answers reads but takes no writes', () => {
    expect(reportResult({ capabilities: { read: true, write: false } })).toMatchObject({
      reachability: 'impaired',
      reason: 'the probe found that write does not work',
    });
  });

  it('is unreachable when nothing works', () => {
    expect(reportResult({ capabilities: { read: false, write: false } })).toMatchObject({
      reachability: 'unreachable',
      reason: 'the probe found that read and write do not work',
    });
  });

  it('status rule 8: shows facts without secrets', () => {
    const { details } = reportResult({
      capabilities: {},
      details: { url: 'redis://user:hunter2@cache/0', version: 7, writable: true },
    });
    expect(details).toEqual({ url: 'redis://***@cache/0', version: 7, writable: true });
  });
});

describe('reportFailure', () => {
  it('status rule 8: says the kind and a sanitised, short message', () => {
    const error = new Error(`password=hunter2 ${'x'.repeat(500)}`);
    const { reason = '' } = reportFailure(error, { kind: 'permanent', type: 'AUTH' });
    expect(reason.startsWith('permanent (AUTH): password=***')).toBe(true);
    expect(reason.length).toBeLessThan(250);
    expect(reportFailure('plain', { kind: 'unknown', type: 'string' }).reason).toBe(
      'unknown (string): plain',
    );
  });

  it.each([
    ['an object without a prototype', Object.create(null), '[object Object]'],
    ['an error whose message is no text', Object.assign(new Error(), { message: { a: 1 } }), ''],
    [
      'an error of several addresses',
      new AggregateError([new Error('connect ::1'), new Error('connect 127.0.0.1')]),
      'connect ::1; connect 127.0.0.1',
    ],
  ])('describes whatever a probe throws: %s', (_what, thrown: unknown, message) => {
    const { reason } = reportFailure(thrown, { kind: 'unavailable', type: 'X' });
    expect(reason).toBe(`unavailable (X): ${message}`);
  });

  it('status rule 8: shows facts of whatever type, and none whose name tells of a secret', () => {
    const details = { size: 7, isPrimary: true, big: 7n, password: 1234, token: { a: 1 }, of: {} };
    const { details: shown } = reportResult({ capabilities: {}, details: details as never });
    const masked = { password: '***', token: '***' };
    expect(shown).toEqual({ size: 7, isPrimary: true, big: '7', of: 'object', ...masked });
    expect(() => JSON.stringify(shown)).not.toThrow();
  });
});
