import { expect } from 'vitest';
import type { Answer } from './documents-client.js';

/** Asserts that an answer is a problem (RFC 9457) of a status, about a path, without a stack. */
export function expectProblem(answer: Answer<unknown>, status: number, instance: string): void {
  expect(answer.status).toBe(status);
  expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
  expect(answer.body).toMatchObject({ type: 'about:blank', status, instance });
  expect(answer.body).toHaveProperty('title');
  expect(JSON.stringify(answer.body)).not.toMatch(/\bat .*\.js|node_modules/);
}

/** Asserts that an answer is a 503 that says when to try again. */
export function expectUnavailable(answer: Answer<unknown>, instance: string): void {
  expectProblem(answer, 503, instance);
  expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
}
