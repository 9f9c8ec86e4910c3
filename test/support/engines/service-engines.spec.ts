import { afterEach, describe, expect, it, vi } from 'vitest';
import { startEngines, type ServiceEngines } from './service-engines.js';

let engines: ServiceEngines | undefined;

afterEach(async () => {
  vi.unstubAllEnvs();
  await engines?.dispose();
});

describe('the engines of a service', () => {
  it.each([undefined, 'embedded'])('are embedded with TEST_ENGINES=%s', async (kind) => {
    vi.stubEnv('TEST_ENGINES', kind);
    engines = await startEngines('/data', {});
    expect(engines.env).toEqual({
      CACHE_URL: 'memory:',
      DATABASE_URL: 'sqlite:/data/documents.sqlite',
    });
  });

  it('are a Redis and a PostgreSQL of its own with TEST_ENGINES=servers', async () => {
    vi.stubEnv('TEST_ENGINES', 'servers');
    engines = await startEngines('/data', {});
    expect(engines.env).toEqual({
      CACHE_URL: expect.stringMatching(/^redis:/),
      DATABASE_URL: expect.stringMatching(/^postgres:/),
    });
  });

  it('are not started where the test gives the variable itself, also as one that is left out', async () => {
    vi.stubEnv('TEST_ENGINES', 'servers');
    engines = await startEngines('/data', { CACHE_URL: 'memory:', DATABASE_URL: undefined });
    expect(engines.env).toEqual({});
  });

  it('are refused with any other TEST_ENGINES', async () => {
    vi.stubEnv('TEST_ENGINES', 'steam');
    await expect(startEngines('/data', {})).rejects.toThrow('TEST_ENGINES is steam');
  });
});
