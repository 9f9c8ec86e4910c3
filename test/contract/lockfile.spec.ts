import { readFileSync } from 'node:fs';

import { describe, expect, it } from 'vitest';

interface LockedPackage {
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const lockfile = JSON.parse(
  readFileSync(new URL('../../package-lock.json', import.meta.url), 'utf8'),
) as { packages: Record<string, LockedPackage> };

describe('package-lock.json', () => {
  it('holds the packages of every platform, or npm ci refuses it', () => {
    const missing = Object.entries(lockfile.packages).flatMap(([path, { optionalDependencies }]) =>
      Object.keys(optionalDependencies ?? {}).filter((name) => !isLocked(path, name)),
    );
    expect(missing).toEqual([]);
  });
});

/** Looks where Node would: in the package's own node_modules, then in those of its parents. */
function isLocked(path: string, name: string): boolean {
  if (lockfile.packages[`${path}/node_modules/${name}`]) return true;
  const parent = path.lastIndexOf('/node_modules/');
  return parent < 0
    ? `node_modules/${name}` in lockfile.packages
    : isLocked(path.slice(0, parent), name);
}
