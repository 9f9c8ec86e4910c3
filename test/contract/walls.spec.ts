import { spawnSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { allowed, forbiddenDependencies, forbiddenText } from './walls.plants.js';

const repository = fileURLToPath(new URL('../../', import.meta.url));

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'mainstay-walls-'));
  for (const file of [
    'package.json',
    'tsconfig.base.json',
    '.oxlintrc.json',
    '.dependency-cruiser.mjs',
    'scripts',
  ]) {
    cpSync(join(repository, file), join(folder, file), { recursive: true });
  }
  symlinkSync(join(repository, 'node_modules'), join(folder, 'node_modules'));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('dependency-cruiser', () => {
  let violations: ReadonlyMap<string, readonly string[]>;
  beforeAll(() => {
    plant([...allowed, ...forbiddenDependencies]);
    violations = cruise();
  });

  it.each(forbiddenDependencies)('refuses %s: %s', (file, _text, rule) => {
    expect(violations.get(file)).toContain(rule);
  });

  it('lets through what points down', () => {
    expect(allowed.filter(([file]) => violations.has(file))).toEqual([]);
  });
});

describe('oxlint', () => {
  let violations: ReadonlyMap<string, readonly string[]>;
  beforeAll(() => {
    plant([...allowed, ...forbiddenText]);
    violations = lint();
  });

  it.each(forbiddenText)('refuses %s: %s', (file, _text, rule) => {
    expect(violations.get(file)).toContain(rule);
  });

  it('lets through what points down and takes its time from the clock', () => {
    expect(allowed.filter(([file]) => violations.has(file))).toEqual([]);
  });
});

describe('the sources', () => {
  const sources = ['libs', 'apps'].flatMap((top) =>
    readdirSync(join(repository, top), { recursive: true, encoding: 'utf8' })
      .filter((file) => /(^|\/)src\/.*(?<!\.spec)\.ts$/.test(file))
      .map((file) => join(top, file)),
  );

  it.each([
    ['read the time of day only from the Clock', /\bnew Date\(\s*\)/],
    ['have no enums: literal unions say the same', /^\s*(export )?(declare )?(const )?enum \w+/m],
  ])('%s', (_rule, pattern) => {
    const found = sources.filter((file) =>
      pattern.test(readFileSync(join(repository, file), 'utf8')),
    );
    expect(found).toEqual([]);
    expect(sources.length).toBeGreaterThan(0);
  });
});

function plant(files: readonly (readonly [file: string, text: string, ...rest: string[]])[]): void {
  for (const top of ['libs', 'apps', 'test'])
    rmSync(join(folder, top), { recursive: true, force: true });
  for (const [file, text] of files) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), `${text}\n`);
  }
}

function cruise(): ReadonlyMap<string, readonly string[]> {
  const args = [
    '--config',
    '.dependency-cruiser.mjs',
    '--output-type',
    'json',
    'libs',
    'apps',
    'test',
  ];
  const { summary } = run('dependency-cruiser/bin/dependency-cruise.mjs', args) as {
    summary: { violations: { from: string; rule: { name: string } }[] };
  };
  return byFile(summary.violations.map(({ from, rule }) => [from, rule.name]));
}

function lint(): ReadonlyMap<string, readonly string[]> {
  const { diagnostics } = run('oxlint/bin/oxlint', [
    '--format',
    'json',
    'libs',
    'apps',
    'test',
  ]) as {
    diagnostics: { filename: string; code: string }[];
  };
  const walls = diagnostics.map(
    ({ filename, code }) => [filename, /\(([\w-]*restricted[\w-]*)\)/.exec(code)?.[1]] as const,
  );
  return byFile(
    walls.filter((found): found is readonly [string, string] => found[1] !== undefined),
  );
}

function run(tool: string, args: readonly string[]): unknown {
  const { stdout, stderr } = spawnSync(process.execPath, [join('node_modules', tool), ...args], {
    cwd: folder,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  if (!stdout.trimStart().startsWith('{'))
    throw new Error(`${tool} gave no report: ${stdout}${stderr}`);
  return JSON.parse(stdout);
}

function byFile(
  found: readonly (readonly [file: string, rule: string])[],
): ReadonlyMap<string, readonly string[]> {
  const files = new Map<string, string[]>();
  for (const [file, rule] of found) files.set(file, [...(files.get(file) ?? []), rule]);
  return files;
}
