import { Logger, NotFoundException, ServiceUnavailableException } from '@nestjs/common';
import { ExecutionContextHost } from '@nestjs/core/helpers/execution-context-host.js';
import type { HttpAdapterHost } from '@nestjs/core';
import { CircuitOpenError } from 'nestjs-mainstay/resilience';
import { FakeClock } from 'nestjs-mainstay/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ProblemDetailsFilter } from './problem-details.filter.js';

interface FakeResponse {
  isSent: boolean;
  hasEnded: boolean;
  headers: Record<string, string>;
  status?: number;
  body?: unknown;
}

const httpAdapter = {
  getRequestMethod: () => 'GET',
  getRequestUrl: () => '/documents/1?token=hunter2',
  isHeadersSent: (response: FakeResponse) => response.isSent,
  end: (response: FakeResponse) => void (response.hasEnded = true),
  setHeader: (response: FakeResponse, name: string, value: string) =>
    void (response.headers[name] = value),
  reply: (response: FakeResponse, body: unknown, status: number) =>
    void Object.assign(response, { body, status }),
};

const error = vi.spyOn(Logger.prototype, 'error');
const warn = vi.spyOn(Logger.prototype, 'warn');

let clock: FakeClock;
let filter: ProblemDetailsFilter;

beforeEach(() => {
  clock = new FakeClock();
  filter = new ProblemDetailsFilter({ httpAdapter } as unknown as HttpAdapterHost, clock);
  error.mockReturnValue();
  warn.mockReturnValue();
});

afterEach(() => {
  vi.clearAllMocks();
});

function answer(thrown: unknown, isSent = false): FakeResponse {
  const response: FakeResponse = { isSent, hasEnded: false, headers: {} };
  // oxlint-disable-next-line promise/valid-params -- a filter is no promise
  filter.catch(thrown, new ExecutionContextHost([{}, response]));
  return response;
}

describe('ProblemDetailsFilter', () => {
  it('answers a problem about the path, without the query, and logs nothing of a client error', () => {
    const { status, body, headers } = answer(new NotFoundException('gone'));
    expect(status).toBe(404);
    expect(headers['Content-Type']).toBe('application/problem+json');
    expect(body).toMatchObject({ title: 'Not Found', detail: 'gone', instance: '/documents/1' });
    expect([error, warn].some(({ mock }) => mock.calls.length > 0)).toBe(false);
  });

  it('says when to try again while a dependency is away, and warns', () => {
    const { status, headers } = answer(new CircuitOpenError('database', 1_500));
    expect(status).toBe(503);
    expect(headers['Retry-After']).toBe('2');
    expect(warn).toHaveBeenCalledOnce();
  });

  it('logs an outage that befalls every request with one line a minute after the first five', async () => {
    const refuse = (): void => void answer(new CircuitOpenError('database', 1_500));
    for (let count = 0; count < 20; count++) refuse();
    expect(warn).toHaveBeenCalledTimes(5);
    await clock.advance(60_000);
    refuse();
    expect(warn).toHaveBeenCalledTimes(6);
    expect(warn.mock.lastCall?.[0]).toContain('and 15 more like it before');
  });

  it('logs a defect with its stack and without secrets, and tells the client nothing', () => {
    const { body } = answer(new TypeError('redis://user:hunter2@cache is not a function'));
    expect(JSON.stringify(body)).not.toContain('not a function');
    const [message, stack] = error.mock.calls[0] as [string, string];
    expect(message).toContain('GET /documents/1: redis://***@cache is not a function');
    expect(stack).toContain('problem-details.filter.spec');
    expect(message + stack).not.toContain('hunter2');
  });

  it("passes a library's own report on as it is", () => {
    const report = { status: 'error', details: { database: { status: 'down' } } };
    const { status, body, headers } = answer(new ServiceUnavailableException(report));
    expect(status).toBe(503);
    expect(body).toBe(report);
    expect(headers).toEqual({});
  });

  it('only ends an answer that has begun', () => {
    const { hasEnded, body } = answer(new Error('too late'), true);
    expect(hasEnded).toBe(true);
    expect(body).toBeUndefined();
  });
});
