/** A planted file, what it says, and the rule that must refuse it. */
export type Plant = readonly [file: string, text: string, rule: string];

export const forbiddenDependencies: readonly Plant[] = [
  [
    'libs/common/src/up.ts',
    `export { a } from 'nestjs-mainstay/config';`,
    'common-imports-only-what-is-below',
  ],
  [
    'libs/config/src/sibling.ts',
    `export { a } from 'nestjs-mainstay/resilience';`,
    'config-imports-only-what-is-below',
  ],
  [
    'libs/resource/src/up.ts',
    `export { a } from 'nestjs-mainstay/cache';`,
    'resource-imports-only-what-is-below',
  ],
  [
    'libs/status/src/sibling.ts',
    `export { a } from 'nestjs-mainstay/cache';`,
    'status-imports-only-what-is-below',
  ],
  [
    'libs/cache/src/lazy-sibling.ts',
    `export const a = import('nestjs-mainstay/database');`,
    'cache-imports-only-what-is-below',
  ],
  [
    'libs/cache/src/type-sibling.ts',
    `export type { A } from 'nestjs-mainstay/status';`,
    'cache-imports-only-what-is-below',
  ],
  [
    'libs/storage/src/front-door.ts',
    `export { a } from 'nestjs-mainstay';`,
    'storage-imports-only-what-is-below',
  ],
  [
    'libs/cache/src/fake.ts',
    `export { a } from 'nestjs-mainstay/testing';`,
    'cache-imports-only-what-is-below',
  ],
  [
    'libs/mainstay/src/fake.ts',
    `export { a } from 'nestjs-mainstay/testing';`,
    'mainstay-imports-only-what-is-below',
  ],
  [
    'libs/cache/src/sibling.spec.ts',
    `export { a } from 'nestjs-mainstay/status';`,
    'cache-specs-import-only-what-is-below',
  ],
  [
    'libs/cache/src/path.ts',
    `export { a } from '../../resource/src/index.js';`,
    'libs-by-public-name-only',
  ],
  [
    'apps/documents/src/path.ts',
    `export { a } from '../../../libs/cache/src/index.js';`,
    'libs-by-public-name-only',
  ],
  [
    'test/e2e/path.ts',
    `export { a } from '../../libs/cache/src/index.js';`,
    'libs-by-public-name-only',
  ],
  [
    'libs/cache/src/roof.ts',
    `export { a } from '../../../apps/documents/src/good.js';`,
    'nobody-imports-apps',
  ],
  [
    'libs/cache/src/test.ts',
    `export { a } from '../../../test/e2e/good.js';`,
    'sources-import-no-tests',
  ],
  ['libs/cache/src/own-spec.ts', `export { a } from './good.spec.js';`, 'sources-import-no-tests'],
  [
    'apps/documents/src/fake.ts',
    `export { a } from 'nestjs-mainstay/testing';`,
    'apps-import-no-testing',
  ],
  ['libs/cache/src/peer.ts', `export { DataSource } from 'typeorm';`, 'optional-peers-are-lazy'],
  [
    'libs/status/src/bridge-peer.ts',
    `export { Registry } from 'prom-client';`,
    'optional-peers-are-lazy',
  ],
  [
    'libs/status/src/bridge.ts',
    `export { a } from './bridges/own/good.js';`,
    'bridges-stand-behind-their-subpath',
  ],
  ['libs/database/src/driver.ts', `export { default as a } from 'libsql';`, 'drivers-are-lazy'],
  [
    'libs/cache/src/dev.ts',
    `export { default as a } from 'fast-check';`,
    'libs-import-no-dev-dependency',
  ],
  [
    'libs/cache/src/circle-back.ts',
    `export { a } from './circle.js'; export const b = 1;`,
    'no-circles',
  ],
];

export const forbiddenText: readonly Plant[] = [
  [
    'libs/resource/src/up.ts',
    `export { a } from 'nestjs-mainstay/status';`,
    'no-restricted-imports',
  ],
  [
    'libs/cache/src/sibling.ts',
    `import { a } from 'nestjs-mainstay/storage'; a();`,
    'no-restricted-imports',
  ],
  [
    'libs/cache/src/front-door.ts',
    `import { a } from 'nestjs-mainstay'; a();`,
    'no-restricted-imports',
  ],
  [
    'libs/cache/src/fake.ts',
    `import { a } from 'nestjs-mainstay/testing/cache'; a();`,
    'no-restricted-imports',
  ],
  [
    'libs/cache/src/path.ts',
    `import { a } from '../../resource/src/index.js'; a();`,
    'no-restricted-imports',
  ],
  [
    'libs/cache/src/deep.ts',
    `import { a } from 'nestjs-mainstay/dist/resource/src/index.js'; a();`,
    'no-restricted-imports',
  ],
  [
    'libs/cache/src/timers.ts',
    `import { setTimeout as sleep } from 'node:timers/promises'; await sleep(1);`,
    'no-restricted-imports',
  ],
  [
    'libs/cache/src/test.spec.ts',
    `import { a } from '../../../test/contract/a.js'; a();`,
    'no-restricted-imports',
  ],
  [
    'libs/cache/src/path.spec.ts',
    `import { a } from '../../status/src/index.js'; a();`,
    'no-restricted-imports',
  ],
  [
    'apps/documents/src/path.ts',
    `import { a } from '../../../libs/cache/src/index.js'; a();`,
    'no-restricted-imports',
  ],
  ['libs/cache/src/set-timeout.ts', `setTimeout(() => 1, 1);`, 'no-restricted-globals'],
  ['libs/cache/src/set-interval.ts', `setInterval(() => 1, 1);`, 'no-restricted-globals'],
  ['libs/cache/src/set-immediate.ts', `setImmediate(() => 1);`, 'no-restricted-globals'],
  ['libs/cache/src/clock.spec.ts', `setTimeout(() => 1, 1);`, 'no-restricted-globals'],
  ['apps/documents/src/clock.ts', `setTimeout(() => 1, 1);`, 'no-restricted-globals'],
  ['libs/cache/src/date-now.ts', `export const a = Date.now();`, 'no-restricted-properties'],
  [
    'libs/cache/src/performance-now.ts',
    `export const a = performance.now();`,
    'no-restricted-properties',
  ],
  [
    'libs/cache/src/taken-apart.ts',
    `export const { now } = performance;`,
    'no-restricted-properties',
  ],
  ['libs/cache/src/random.ts', `export const a = Math.random();`, 'no-restricted-properties'],
  [
    'libs/cache/src/signal.ts',
    `export const a = AbortSignal.timeout(1);`,
    'no-restricted-properties',
  ],
  [
    'libs/cache/src/hrtime.ts',
    `export const a = process.hrtime.bigint();`,
    'no-restricted-properties',
  ],
  [
    'libs/cache/src/global-this.ts',
    `globalThis.setTimeout(() => 1, 1);`,
    'no-restricted-properties',
  ],
];

/** What the walls must let through; a circle is reported once, at circle-back.ts. */
export const allowed: readonly (readonly [file: string, text: string])[] = [
  ['libs/common/src/index.ts', `export const a = 1;`],
  ['libs/config/src/index.ts', `export { a } from 'nestjs-mainstay/common';`],
  ['libs/resilience/src/index.ts', `export { a } from 'nestjs-mainstay/common';`],
  ['libs/resource/src/index.ts', `export { a } from 'nestjs-mainstay/resilience';`],
  ['libs/status/src/index.ts', `export { a } from 'nestjs-mainstay/resource';`],
  [
    'libs/status/src/bridges/own/good.ts',
    `export { Registry } from 'prom-client'; export const a = 1;`,
  ],
  ['libs/cache/src/index.ts', `export { a } from 'nestjs-mainstay/resource';`],
  ['libs/database/src/index.ts', `export { DataSource } from 'typeorm'; export const a = 1;`],
  ['libs/storage/src/index.ts', `export { a } from 'nestjs-mainstay/config';`],
  ['libs/mainstay/src/index.ts', `export const a = import('nestjs-mainstay/cache');`],
  ['libs/testing/src/index.ts', `export { a } from 'nestjs-mainstay/cache';`],
  ['libs/cache/src/good.spec.ts', `export { a } from 'nestjs-mainstay/testing';`],
  [
    'libs/common/src/system-clock.ts',
    `export const a = Date.now() + performance.now() + Math.random();`,
  ],
  ['apps/documents/src/good.ts', `export { a } from 'nestjs-mainstay/cache';`],
  [
    'test/e2e/good.ts',
    `export { a } from '../../apps/documents/src/good.js'; setTimeout(() => 1, 1);`,
  ],
  ['libs/cache/src/circle.ts', `export { b } from './circle-back.js'; export const a = 1;`],
];
