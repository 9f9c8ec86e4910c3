import { describe, expect, it } from 'vitest';
import { ServiceProcess } from '../support/service-process.js';

describe('a wrong configuration', () => {
  it('is told in one report of all that is wrong, without a stack and without secrets', async () => {
    const { code, output } = await ServiceProcess.runToExit({
      env: {
        DATABASE_URL: undefined,
        DATABSE_URL: 'postgres://service:hunter2@db.example/documents',
        CACHE_TTL: 'banana',
        STORAGE_URL: 'ftp://user:tops3cret@x',
      },
    });
    expect(code).toBe(1);
    expect(output).toContain('The configuration has 3 problems');
    for (const [variable, found] of [
      ['DATABASE_URL', 'DATABSE_URL'],
      ['CACHE_TTL', 'banana'],
      ['STORAGE_URL', 'ftp://'],
    ]) {
      expect(output).toMatch(new RegExp(`^\\d+\\. .*${variable}`, 'm'));
      expect(output).toContain(found);
    }
    expect(output).not.toMatch(/hunter2|tops3cret/);
    expect(output).not.toMatch(/^\s+at /m);
    expect(output).not.toMatch(/node_modules|\.js:\d+/);
  });

  it('includes the variables of the application itself', async () => {
    const { code, output } = await ServiceProcess.runToExit({
      env: { PORT: 'harbour', DOCUMENTS_MAX_BYTES: 'plenty' },
    });
    expect(code).toBe(1);
    expect(output).toContain('PORT');
    expect(output).toContain('harbour');
    expect(output).toContain('DOCUMENTS_MAX_BYTES');
    expect(output).toContain('plenty');
  });

  it('is also one that leaves the engines open in production', async () => {
    const { code, output } = await ServiceProcess.runToExit({
      env: {
        NODE_ENV: 'production',
        CACHE_URL: undefined,
        DATABASE_URL: undefined,
        STORAGE_URL: undefined,
      },
    });
    expect(code).toBe(1);
    expect(output).toContain('The configuration has 3 problems');
    for (const variable of ['CACHE_URL', 'DATABASE_URL', 'STORAGE_URL']) {
      expect(output).toMatch(new RegExp(`^\\d+\\. ${variable}$`, 'm'));
    }
  });
});
