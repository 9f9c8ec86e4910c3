import { formatDuration, parseDuration } from 'nestjs-mainstay/common';
import { cacheConfig, type CacheConfig } from './cache.config.js';

/** A configuration whose values fit together, and what did not. */
export interface CoherentConfig {
  readonly config: CacheConfig;
  /** What was changed or has no effect, a clause each; a default that gives way to what was set is not told. */
  readonly remarks: readonly string[];
}

type Duration = 'negativeTtl' | 'grace' | 'factorySoftTimeout' | 'lockWait';

/** Makes values fit together of which each is valid by itself. */
export function toCoherentConfig(config: CacheConfig): CoherentConfig {
  const { ttl, negativeTtl, grace, factorySoftTimeout, factoryTimeout, lockWait } = config;
  const remarks: string[] = [];
  const tell = (key: Duration, remark: string): void => {
    if (config[key] !== defaultOf(key)) remarks.push(`${key} (${told(config[key])}) ${remark}`);
  };
  let coherent = config;
  if (negativeTtl > ttl) {
    // Calls may have a TTL of their own: for each the shorter one counts, whatever is configured.
    tell(
      'negativeTtl',
      `is longer than ttl (${told(ttl)}): null from a factory is remembered for ttl`,
    );
  }
  if (ttl === 0 && grace > 0) {
    tell('grace', 'has no use for calls without a ttl of their own: ttl is 0, nothing is stored');
  }
  if (factorySoftTimeout >= factoryTimeout && factorySoftTimeout !== Infinity) {
    const reason = `is not less than factoryTimeout (${told(factoryTimeout)})`;
    tell('factorySoftTimeout', `${reason}: a factory gets all its time, as with Infinity`);
    coherent = { ...coherent, factorySoftTimeout: Infinity };
  }
  if (lockWait > factoryTimeout) {
    const reason = `is longer than factoryTimeout (${told(factoryTimeout)}), after which no load goes on`;
    tell('lockWait', `${reason}: it is waited for that long`);
    coherent = { ...coherent, lockWait: factoryTimeout };
  }
  const { eagerRefresh } = config;
  if (eagerRefresh !== false && (ttl === 0 || ttl === Infinity)) {
    const reason = ttl === 0 ? 'nothing is stored' : 'nothing expires';
    remarks.push(
      `eagerRefresh (${eagerRefresh}) has no use for calls without a ttl of their own: ttl is ${ttl}, ${reason}`,
    );
  }
  return { config: coherent, remarks };
}

function defaultOf(name: Duration): number | undefined {
  const key = cacheConfig.keys.find((one) => one.name === name);
  return parseDuration(key?.default as string);
}

function told(durationMs: number): string {
  return durationMs === Infinity ? 'Infinity' : formatDuration(durationMs);
}
