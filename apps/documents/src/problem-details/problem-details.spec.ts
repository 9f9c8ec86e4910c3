import { NotFoundException } from '@nestjs/common';
import { CircuitOpenError } from 'nestjs-mainstay/resilience';
import { StorageTooLargeError } from 'nestjs-mainstay/storage';
import { describe, expect, it } from 'vitest';
import { describeProblem } from './problem-details.js';

describe('describeProblem', () => {
  it('lets HTTP errors speak for themselves', () => {
    expect(describeProblem(new NotFoundException('There is no such thing.'))).toEqual({
      details: {
        type: 'about:blank',
        title: 'Not Found',
        status: 404,
        detail: 'There is no such thing.',
      },
    });
  });

  it('answers 503 with a time when a dependency is away', () => {
    const refused = Object.assign(new Error('connect ECONNREFUSED 10.0.0.7:5432'), {
      code: 'ECONNREFUSED',
    });
    const { details, retryAfterSeconds } = describeProblem(refused);
    expect(details.status).toBe(503);
    expect(retryAfterSeconds).toBe(5);
    expect(JSON.stringify(details)).not.toContain('10.0.0.7');
  });

  it('passes on the time and the code of an open breaker', () => {
    const { details, retryAfterSeconds } = describeProblem(new CircuitOpenError('database', 1_200));
    expect(details).toMatchObject({ status: 503, code: 'CIRCUIT_OPEN' });
    expect(retryAfterSeconds).toBe(2);
  });

  it('answers 413 for what the storage finds too large', () => {
    expect(describeProblem(new StorageTooLargeError(10)).details).toMatchObject({
      status: 413,
      code: 'STORAGE_TOO_LARGE',
    });
  });

  it('takes the status of a client error that an HTTP library throws, not its text', () => {
    const error = Object.assign(new URIError("Failed to decode param '%ff'"), { status: 400 });
    expect(describeProblem(error).details).toEqual({
      type: 'about:blank',
      title: 'Bad Request',
      status: 400,
    });
  });

  it.each([
    ['a defect', new TypeError("cannot read 'password' of undefined")],
    ['something that is no error', 'secret'],
  ])('tells nothing of %s', (_, error) => {
    expect(describeProblem(error)).toEqual({
      details: { type: 'about:blank', title: 'Internal Server Error', status: 500 },
    });
  });
});
