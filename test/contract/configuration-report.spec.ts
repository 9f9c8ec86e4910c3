import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';

const runner = fileURLToPath(new URL('../support/run-source.mjs', import.meta.url));
const app = fileURLToPath(new URL('configuration-report.app.ts', import.meta.url));

const folder = mkdtempSync(join(tmpdir(), 'configuration-report-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Exit {
  readonly code: number;
  readonly output: string;
}

/** Starts the app in a process of its own, with nothing in its environment but `env`. */
function start(env: Readonly<Record<string, string>>): Promise<Exit> {
  const { PATH, HOME } = process.env;
  return new Promise((resolve) => {
    const options = { cwd: folder, env: { PATH, HOME, NO_COLOR: '1', ...env }, timeout: 50_000 };
    execFile(process.execPath, [runner, app], options, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), output: stdout + stderr });
    });
  });
}

describe('a service with a wrong environment', { timeout: 60_000 }, () => {
  it.each(['front door', 'singly'])(
    'exits with 1 after one report of all problems and their fixes (modules used: %s)',
    async (COMPOSITION) => {
      const { code, output } = await start({
        COMPOSITION,
        DATABSE_URL: 'postgres://user:secret@x/db',
        CACHE_TTL: 'banana',
        STORAGE_URL: 'ftp://user:secret@x',
      });
      expect(code).toBe(1);
      expect(output.match(/ERROR/g)).toHaveLength(1);
      expect(output).toContain('The configuration has 3 problems:');
      expect(output).toContain('rename DATABSE_URL to DATABASE_URL');
      expect(output).toMatch(
        /CACHE_TTL\n +found: +"banana"\n +allowed: .*\n +fix: +set e\.g\. CACHE_TTL=/,
      );
      expect(output).toMatch(/STORAGE_URL\n +found: +"ftp:\/\/\*\*\*@x"/);
      expect(output).not.toContain('secret');
      expect(output).not.toMatch(/^\s+at /m);
    },
  );

  it('exits with 1 after one report of the problems of two named caches', async () => {
    const { code, output } = await start({
      COMPOSITION: 'two caches',
      CACHE_TTL: 'banana',
      CACHE_SESSIONS_TTL: 'kiwi',
      CACHE_SESSIONS_ULR: 'redis://user:secret@x',
    });
    expect(code).toBe(1);
    expect(output.match(/ERROR/g)).toHaveLength(1);
    expect(output).toContain('The configuration has 3 problems:');
    expect(output).toMatch(/CACHE_TTL\n +found: +"banana"/);
    expect(output).toMatch(/CACHE_SESSIONS_TTL\n +found: +"kiwi"/);
    expect(output).toContain('rename CACHE_SESSIONS_ULR to CACHE_SESSIONS_URL');
    expect(output).not.toContain('secret');
    expect(output).not.toMatch(/^\s+at /m);
  });

  it('exits with 1 in production where nothing names an engine', async () => {
    const { code, output } = await start({ NODE_ENV: 'production' });
    expect(code).toBe(1);
    expect(output).toContain('The configuration has 3 problems:');
    for (const name of ['CACHE_URL', 'DATABASE_URL', 'STORAGE_URL']) {
      expect(output).toMatch(new RegExp(`${name}\\n +found: +nothing, and NODE_ENV=production`));
    }
  });

  it('starts with nothing set outside production, and says so loudly', async () => {
    const { code, output } = await start({ COMPOSITION: 'two caches' });
    expect(code).toBe(0);
    expect(output).toContain('CACHE_URL (memory:), CACHE_SESSIONS_URL (memory:)');
    expect(output.match(/ZERO-SETUP MODE/g)).toHaveLength(1);
  });
});
