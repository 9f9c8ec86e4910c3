import { describe, expect, it } from 'vitest';
import { MainstayError, isMainstayError } from './mainstay-error.js';

class TeapotError extends MainstayError<'TEAPOT'> {
  readonly code = 'TEAPOT';
}

describe('MainstayError', () => {
  it('carries its name, code and context', () => {
    const error = new TeapotError('no coffee here', { context: { pot: 1 } });
    expect(error).toMatchObject({ name: 'TeapotError', code: 'TEAPOT', context: { pot: 1 } });
    expect(error).toBeInstanceOf(Error);
  });

  it('has an empty context and no cause unless told', () => {
    const error = new TeapotError('no coffee here');
    expect(error.context).toEqual({});
    expect('cause' in error).toBe(false);
  });

  it('keeps its cause as a redacted copy', () => {
    const cause = Object.assign(new Error('redis://u:hunter2@h'), { parameters: ['hunter2'] });
    const error = new TeapotError('failed', { cause });
    expect(error.cause).not.toBe(cause);
    expect(error.cause).toMatchObject({ message: 'redis://***@h' });
    expect(error.cause).not.toHaveProperty('parameters');
  });
});

describe('isMainstayError', () => {
  it('recognises any error of Mainstay, and one of a code', () => {
    const error: unknown = new TeapotError('x');
    expect(isMainstayError(error)).toBe(true);
    expect(isMainstayError(error, 'TEAPOT')).toBe(true);
    expect(isMainstayError(error, 'OTHER')).toBe(false);
  });

  it('recognises one of another copy of the package', () => {
    const foreign = { code: 'TEAPOT', [Symbol.for('nestjs-mainstay.error')]: true };
    expect(isMainstayError(foreign, 'TEAPOT')).toBe(true);
  });

  it.each([new Error('x'), { code: 'TEAPOT' }, null, undefined, 'TEAPOT'])(
    'takes %j for none',
    (value) => {
      expect(isMainstayError(value, 'TEAPOT')).toBe(false);
    },
  );

  it('isMainstayError does not stumble over what cannot be read', () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    expect(isMainstayError(proxy)).toBe(false);
  });
});
