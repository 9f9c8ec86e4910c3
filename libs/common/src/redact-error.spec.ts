import { describe, expect, it } from 'vitest';
import { redactError } from './redact-error.js';

describe('redactError', () => {
  it('keeps name, code, message and stack, all without secrets', () => {
    const error = new TypeError('cannot reach redis://u:hunter2@host');
    Object.assign(error, { code: 'ECONNREFUSED' });
    const copy = redactError(error);
    expect(copy).toMatchObject({
      name: 'TypeError',
      code: 'ECONNREFUSED',
      message: 'cannot reach redis://***@host',
    });
    expect(copy.stack).toContain('redact-error.spec');
    expect(copy.stack).not.toContain('hunter2');
  });

  it('redacts a name and a code that hold free text', () => {
    const error = Object.assign(new Error('x'), { name: 'token=hunter2', code: 'pwd=hunter2' });
    expect(redactError(error)).toMatchObject({ name: 'token=***', code: 'pwd=***' });
  });

  it('leaves out what drivers attach', () => {
    const error = Object.assign(new Error('duplicate'), { parameters: ['hunter2'], query: 'x' });
    expect(Object.keys(redactError(error))).toEqual(['name']);
  });

  it('redacts causes likewise, and does not show them twice', () => {
    const error = new Error('outer', { cause: new Error('password=hunter2') });
    const copy = redactError(error);
    expect(copy.cause).toMatchObject({ message: 'password=***' });
    expect(Object.keys(copy)).not.toContain('cause');
  });

  it('follows a cycle of causes only so far', () => {
    const error = new Error('round');
    error.cause = error;
    let depth = 0;
    for (let at: unknown = redactError(error); at instanceof Error; at = at.cause) depth++;
    expect(depth).toBe(11);
  });

  it('gives an AggregateError without a message those of its errors', () => {
    const error = new AggregateError([new Error('connect ::1'), new Error('connect 127.0.0.1')]);
    expect(redactError(error).message).toBe('connect ::1; connect 127.0.0.1');
  });

  it.each([
    ['a string', 'token=hunter2', 'token=***'],
    ['undefined', undefined, 'undefined'],
    ['a foreign error', { message: 'password=hunter2' }, 'password=***'],
    ['an object without a prototype', Object.create(null), '[object Object]'],
  ])('makes an error of %s', (_what, thrown, message) => {
    expect(redactError(thrown).message).toBe(message);
  });

  const thrower = (): never => {
    throw new Error('a getter that throws');
  };

  it.each(['name', 'message', 'stack', 'code', 'cause', 'errors'])(
    'copies what it can of an error whose %s cannot be read',
    (property) => {
      const error = Object.assign(new Error('the disk is full'), { code: 'ENOSPC' });
      Object.defineProperty(error, property, { get: thrower });
      const copy = redactError(error);
      expect(copy).toBeInstanceOf(Error);
      const { message, code } = copy as NodeJS.ErrnoException;
      if (property !== 'message') expect(message).toBe('the disk is full');
      if (property !== 'code') expect(code).toBe('ENOSPC');
    },
  );

  it.each([
    ['a proxy that refuses everything', new Proxy(new Error('x'), refuseAll(thrower))],
    ['a revoked proxy', revoked()],
    ['an object without a prototype', Object.create(null)],
    ['an error whose message is no text', Object.assign(new Error(), { message: { a: 1 } })],
    ['an error whose stack is no text', Object.assign(new Error(), { stack: 1 })],
    ['a symbol', Symbol('x')],
    [
      'an object whose message cannot be read',
      Object.defineProperty({}, 'message', { get: thrower }),
    ],
  ])('never throws: %s', (_what, error: unknown) => {
    const copy = redactError(error);
    expect(typeof copy.name).toBe('string');
    expect(typeof copy.message).toBe('string');
    expect(typeof copy.stack).toBe('string');
  });
});

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

function refuseAll(trap: () => never): ProxyHandler<Error> {
  return { get: trap, has: trap, getPrototypeOf: trap, ownKeys: trap, isExtensible: trap };
}
