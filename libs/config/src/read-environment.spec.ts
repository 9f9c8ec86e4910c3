import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { readEnvironment } from './read-environment.js';

describe('readEnvironment', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'mainstay-env-'));
    vi.spyOn(process, 'cwd').mockReturnValue(folder);
  });

  afterEach(() => {
    vi.restoreAllMocks();
    vi.unstubAllEnvs();
    rmSync(folder, { recursive: true });
  });

  const write = (name: string, text: string): void => writeFileSync(join(folder, name), text);

  it('takes the variables of the process before those of .env', () => {
    write('.env', 'CACHE_URL=from-file\nCACHE_TTL=from-file\n');
    const environment = readEnvironment([{ env: { CACHE_URL: 'from-process' } }]);
    expect(environment.get('CACHE_URL')).toEqual({ text: 'from-process', file: undefined });
    expect(environment.get('CACHE_TTL')).toEqual({ text: 'from-file', file: '.env' });
  });

  it('reads process.env unless told otherwise, and leaves it as it is', () => {
    write('.env', 'MAINSTAY_TEST_B=2\n');
    vi.stubEnv('MAINSTAY_TEST_A', '1');
    const environment = readEnvironment([]);
    expect(environment.get('MAINSTAY_TEST_A')?.text).toBe('1');
    expect(environment.get('MAINSTAY_TEST_B')?.text).toBe('2');
    expect(process.env).not.toHaveProperty('MAINSTAY_TEST_B');
  });

  it('takes earlier files before later ones, and skips absent ones', () => {
    write('.env', 'A=1\nB=1\n');
    write('.env.local', 'A=2\n');
    const envFilePath = ['.env.absent', '.env.local', '.env', 'absent/.env'];
    const environment = readEnvironment([{ env: {}, envFilePath }]);
    expect(environment.get('A')?.text).toBe('2');
    expect(environment.get('B')?.text).toBe('1');
  });

  it('reads no file with ignoreEnvFile', () => {
    write('.env', 'A=1\n');
    expect(readEnvironment([{ env: {}, ignoreEnvFile: true }]).get('A')).toBeUndefined();
  });

  it('reads comments, quotes and the line ends of Windows', () => {
    write('.env', '# note\r\nA="x # y"\r\nexport B=z # note\r\n');
    const environment = readEnvironment([{ env: {} }]);
    expect(environment.get('A')?.text).toBe('x # y');
    expect(environment.get('B')?.text).toBe('z');
  });

  it('takes a blank variable for an unset one', () => {
    write('.env', 'A=1\nB=\n');
    const environment = readEnvironment([{ env: { A: ' ' } }]);
    expect(environment.get('A')?.text).toBe('1');
    expect(environment.get('B')).toBeUndefined();
    expect(environment.names).toEqual(['A']);
  });

  it('refuses a file that is there and cannot be read', () => {
    mkdirSync(join(folder, '.env'));
    expect(() => readEnvironment([{ env: {} }])).toThrow('a file that cannot be read: EISDIR');
  });

  it('merges the options of several calls of forRoot', () => {
    write('a.env', 'A=1\n');
    const calls = [{ envFilePath: 'a.env' }, { env: {}, envFilePath: undefined }, {}];
    expect(readEnvironment(calls).get('A')?.text).toBe('1');
  });

  it('refuses two calls of forRoot that contradict each other', () => {
    const calls = [{ envFilePath: 'a.env' }, { envFilePath: 'b.env' }];
    expect(() => readEnvironment(calls)).toThrow('ConfigModule.forRoot({ envFilePath })');
  });

  it('knows production', () => {
    expect(readEnvironment([{ env: { NODE_ENV: 'production' } }]).isProduction).toBe(true);
    expect(readEnvironment([{ env: { NODE_ENV: 'test' } }]).isProduction).toBe(false);
    expect(readEnvironment([{ env: {} }]).isProduction).toBe(false);
  });
});
