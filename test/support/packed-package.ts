import type { TestProject } from 'vitest/node';

import { compile } from '../../scripts/compile.mjs';
import { pack } from '../../scripts/pack.mjs';

declare module 'vitest' {
  interface ProvidedContext {
    /** Absolute path of the package as npm would publish it. */
    readonly tarball: string;
  }
}

/** Compiles and packs once, for all consumers. */
export async function setup(project: TestProject): Promise<void> {
  if (!(await compile()))
    throw new Error('The libs do not compile: there is no package to consume.');
  project.provide('tarball', await pack());
}
