import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseEnv } from 'node:util';
import { ConfigurationError } from './config.errors.js';
import type { EnvironmentLayer } from './environment.js';

/**
 * Reads one `.env` file; nothing is written to `process.env`.
 * @returns no variables when there is no such file
 * @throws ConfigurationError when there is one that cannot be read
 */
export function readEnvFile(path: string): EnvironmentLayer {
  try {
    return { file: path, variables: parseEnv(readFileSync(resolve(path), 'utf8')) };
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ENOTDIR') return { file: path, variables: {} };
    throw new ConfigurationError([
      {
        variable: path,
        found: `a file that cannot be read: ${code ?? String(error)}`,
        allowed: 'a readable file of NAME=value lines, or none',
        fix: `make ${path} readable for the user that runs the app, or set ignoreEnvFile: true`,
      },
    ]);
  }
}
