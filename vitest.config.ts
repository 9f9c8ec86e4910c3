import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';

import { defineConfig } from 'vitest/config';

import { publicNames } from './scripts/public-names.mjs';

const root = fileURLToPath(new URL('.', import.meta.url));

/** Public names lead to the sources, so that a test needs no build. */
const alias = publicNames().map(({ name, source }) => ({
  find: new RegExp(`^${name}$`),
  replacement: root + source,
}));

/** Most of their time is waiting: two files share two cores, where one would leave a core idle. */
const sideBySide = { maxWorkers: Math.max(2, availableParallelism() - 1) };

/** Every test talks to servers that it started itself, or to none; these stay one after the other. */
const oneByOne = { fileParallelism: false, maxWorkers: 1 };

export default defineConfig({
  oxc: { decorator: { legacy: true, emitDecoratorMetadata: true } },
  resolve: { alias },
  test: {
    setupFiles: ['reflect-metadata'],
    testTimeout: 20_000,
    hookTimeout: 60_000,
    // Deadlines are tested against real servers: what other work on the machine of CI makes miss one is run again, and
    // the summary of CI names it.
    retry: process.env['CI'] === undefined ? 0 : 1,
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['libs/**/*.spec.ts', 'apps/**/*.spec.ts'],
          sequence: { groupOrder: 0 },
          ...sideBySide,
        },
      },
      {
        extends: true,
        test: {
          name: 'contract',
          include: ['test/**/*.spec.ts'],
          exclude: ['test/{e2e,chaos,consumers}/**'],
          sequence: { groupOrder: 0 },
          ...sideBySide,
        },
      },
      {
        extends: true,
        test: {
          name: 'e2e-embedded',
          include: ['test/e2e/**/*.spec.ts'],
          exclude: ['test/e2e/servers/**'],
          env: { TEST_ENGINES: 'embedded' },
          sequence: { groupOrder: 1 },
          testTimeout: 60_000,
          ...oneByOne,
        },
      },
      {
        extends: true,
        test: {
          name: 'e2e-servers',
          include: ['test/e2e/**/*.spec.ts'],
          exclude: ['test/e2e/embedded/**'],
          env: { TEST_ENGINES: 'servers' },
          sequence: { groupOrder: 2 },
          testTimeout: 60_000,
          ...oneByOne,
        },
      },
      {
        extends: true,
        test: {
          name: 'chaos',
          include: ['test/chaos/**/*.spec.ts'],
          sequence: { groupOrder: 3 },
          testTimeout: 60_000,
          hookTimeout: 180_000,
          ...oneByOne,
        },
      },
      {
        extends: true,
        test: {
          name: 'consumers',
          include: ['test/consumers/*.spec.ts'],
          globalSetup: ['test/support/packed-package.ts'],
          sequence: { groupOrder: 4 },
          testTimeout: 120_000,
          hookTimeout: 240_000,
          ...oneByOne,
        },
      },
    ],
  },
});
