import { describe, expect, it } from 'vitest';
import { findPostgresUrlProblem } from './postgres-url.js';

describe('findPostgresUrlProblem', () => {
  it.each([
    'postgres://user:p%40ss@host:5432/app',
    'postgresql://host/app',
    'postgres://[::1]:5433/app?sslmode=require&application_name=shop',
    'postgres:///app?host=/var/run/postgresql',
  ])('takes %s', (url) => {
    expect(findPostgresUrlProblem(url)).toBeUndefined();
  });

  it.each([
    ['postgres://host', 'must name a database'],
    ['postgres://host/', 'must name a database'],
    ['postgres:///app', 'must name a host'],
    ['postgres://host:port/app', 'must be a URL'],
    ['postgres://host/app?statement_timeout=0', 'set the option statementTimeout'],
    ['postgres://host/app?max=50', 'set the option poolSize'],
    ['postgres://user:100%zz@host/app', 'percent-encoded'],
    ['postgres://user:%ff@host/app', 'percent-encoded'],
    ['postgres://user:two words@host/app', 'percent-encoded'],
  ])('refuses %s: it %s', (url, problem) => {
    expect(findPostgresUrlProblem(url)).toContain(problem);
  });
});
