import { cacheConfig } from 'nestjs-mainstay/cache';
import {
  generateConfigTable,
  generateEnvExample,
  type ConfigDefinition,
} from 'nestjs-mainstay/config';
import { databaseConfig } from 'nestjs-mainstay/database';
import { statusConfig } from 'nestjs-mainstay/status';
import { storageConfig } from 'nestjs-mainstay/storage';
import { describe, expect, it } from 'vitest';

const definitions: readonly ConfigDefinition[] = [
  cacheConfig,
  databaseConfig,
  storageConfig,
  statusConfig,
];

const envExample = `# Every setting of nestjs-mainstay with its default, or with an example where it has none.
# Copy this file to .env and uncomment what you change.
# Written from the schemas: npx vitest run test/contract/configuration-reference.spec.ts -u

${generateEnvExample(definitions)}`;

const page = `# Configuration

Every variable of nestjs-mainstay. Values given in code win over the environment of the process, that over the files of
the app's own \`@nestjs/config\`, these over \`.env\`, and that over the defaults. A named instance \`sessions\` of the cache
reads \`CACHE_SESSIONS_*\`, and nothing of \`CACHE_*\`. A blank variable counts as unset.

Durations are written \`250ms\`, \`30s\`, \`5m\`, \`1h\`, \`1d\`, or in milliseconds; sizes \`64kB\`, \`10MiB\`, \`1GiB\`, or in bytes. The
unit is that of the value in code.

A module whose URL is not set runs on its embedded engine, which is the default here. That is the zero-setup mode of
development: it is logged at the start, and refused with \`NODE_ENV=production\`, where an embedded engine has to be named.

This page is written from the schemas: \`npx vitest run test/contract/configuration-reference.spec.ts -u\`.

${generateConfigTable(definitions)}`;

const keys = definitions.flatMap(({ namespace, schema, keys: all }) =>
  all.map((key) => ({ name: `${namespace}.${key.name}`, key, schema: schema.extract(key.name) })),
);

describe('the configuration reference', () => {
  it('.env.example says what the schemas say', async () => {
    await expect(envExample).toMatchFileSnapshot('../../.env.example');
  });

  it('docs/reference/configuration.md says what the schemas say', async () => {
    await expect(page).toMatchFileSnapshot('../../docs/reference/configuration.md');
  });

  it.each(keys)('$name is described, with an example that is valid', ({ key, schema }) => {
    expect(key.description).not.toBe('');
    expect(key.example).toBeDefined();
    expect(schema.validate(key.example).error).toBeUndefined();
  });

  it.each(keys.filter(({ key }) => key.default !== undefined))(
    '$name has a default that is valid',
    ({ key, schema }) => {
      expect(schema.validate(key.default).error).toBeUndefined();
    },
  );
});
