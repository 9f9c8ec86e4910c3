import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { describe, expect, it, vi } from 'vitest';
import { publicNames } from '../../scripts/public-names.mjs';
import { describeCacheManagerApp } from './cache-manager-app/suite.js';

// What the application imports, changed in every file of it at once.
vi.mock('@nestjs/cache-manager', () => import('nestjs-mainstay/cache-manager'));

describeCacheManagerApp('nestjs-mainstay/cache-manager');

describe('cache rule 22: one import is changed', () => {
  it('compiles as it was written', () => {
    const repository = fileURLToPath(new URL('../../', import.meta.url));
    const folder = fileURLToPath(new URL('./cache-manager-app/', import.meta.url));
    const sources = Object.fromEntries(
      publicNames().map(({ name, source }) => [name, [repository + source]]),
    );
    const { config } = ts.readConfigFile(`${repository}tsconfig.base.json`, ts.sys.readFile);
    const { options } = ts.parseJsonConfigFileContent(config, ts.sys, repository);
    const program = ts.createProgram(
      readdirSync(folder).map((file) => folder + file),
      {
        ...options,
        noEmit: true,
        composite: false,
        paths: {
          ...sources,
          '@nestjs/cache-manager': sources['nestjs-mainstay/cache-manager'] ?? [],
        },
      },
    );
    const found = ts.getPreEmitDiagnostics(program).map(({ messageText }) => messageText);
    expect(found).toEqual([]);
    const imported = program.getSourceFiles().map(({ fileName }) => fileName);
    expect(imported.filter((file) => file.includes('@nestjs/cache-manager'))).toEqual([]);
  });
});
