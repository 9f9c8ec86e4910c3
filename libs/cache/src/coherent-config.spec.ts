import { describe, expect, it } from 'vitest';
import { cacheConfigOf } from '../test/cache-config.js';
import type { CacheConfig } from './cache.config.js';
import { toCoherentConfig } from './coherent-config.js';

const DEFAULTS = cacheConfigOf();

describe('cache rule 17: incoherent options', () => {
  it('are none of the defaults', () => {
    expect(toCoherentConfig(DEFAULTS)).toEqual({ config: DEFAULTS, remarks: [] });
  });

  it.each<[Partial<CacheConfig>, Partial<CacheConfig>, readonly string[]]>([
    [
      { negativeTtl: 600_000 },
      {},
      ['negativeTtl (10 m) is longer than ttl (5 m): null from a factory is remembered for ttl'],
    ],
    [
      { factorySoftTimeout: 10_000 },
      { factorySoftTimeout: Infinity },
      [
        'factorySoftTimeout (10 s) is not less than factoryTimeout (10 s): a factory gets all its time, as with Infinity',
      ],
    ],
    [
      { lockWait: 20_000 },
      { lockWait: 10_000 },
      [
        'lockWait (20 s) is longer than factoryTimeout (10 s), after which no load goes on: it is waited for that long',
      ],
    ],
    [
      { ttl: 0, grace: 60_000 },
      {},
      ['grace (1 m) has no use for calls without a ttl of their own: ttl is 0, nothing is stored'],
    ],
    [
      { ttl: 0, eagerRefresh: 0.8 },
      {},
      [
        'eagerRefresh (0.8) has no use for calls without a ttl of their own: ttl is 0, nothing is stored',
      ],
    ],
    [
      { ttl: Infinity, eagerRefresh: 0.8 },
      {},
      [
        'eagerRefresh (0.8) has no use for calls without a ttl of their own: ttl is Infinity, nothing expires',
      ],
    ],
  ])('%o are made to fit, and told', (set, changed, remarks) => {
    const config = { ...DEFAULTS, ...set };
    expect(toCoherentConfig(config)).toEqual({ config: { ...config, ...changed }, remarks });
  });

  it.each<[Partial<CacheConfig>, Partial<CacheConfig>]>([
    [{ ttl: 10_000 }, {}],
    [{ ttl: 0 }, {}],
    [{ factoryTimeout: 500 }, { factorySoftTimeout: Infinity, lockWait: 500 }],
  ])('that are defaults give way to %o without a word', (set, changed) => {
    const config = { ...DEFAULTS, ...set };
    expect(toCoherentConfig(config)).toEqual({ config: { ...config, ...changed }, remarks: [] });
  });

  it.each<Partial<CacheConfig>>([
    { factorySoftTimeout: Infinity },
    { lockWait: 10_000 },
    { grace: 0, ttl: 0 },
    { negativeTtl: Infinity, ttl: Infinity },
  ])('are not %o', (set) => {
    const config = { ...DEFAULTS, ...set };
    expect(toCoherentConfig(config)).toEqual({ config, remarks: [] });
  });
});
