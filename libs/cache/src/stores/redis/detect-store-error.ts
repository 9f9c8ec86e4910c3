import { detectRedisError, type Classification } from 'nestjs-mainstay/resilience';

const CONFIGURATION = { kind: 'permanent', reason: 'configuration' } as const;

/** What means more to a cache than to other users of Redis: it names its keys and scripts itself. */
const OWN_MEANING: Readonly<Record<string, Classification>> = {
  // Something else writes under our names.
  WRONGTYPE: { ...CONFIGURATION, type: 'WRONGTYPE' },
  // A node of a cluster, which this client does not speak to.
  CROSSSLOT: { ...CONFIGURATION, type: 'CROSSSLOT' },
  // It has forgotten our script, and is taught it anew.
  NOSCRIPT: { kind: 'transient', type: 'NOSCRIPT', retryable: false },
};

/** Detection rule for what Redis and its driver say to a cache. */
export function detectStoreError(error: unknown): Classification | undefined {
  const found = detectRedisError(error);
  return found && Object.hasOwn(OWN_MEANING, found.type) ? OWN_MEANING[found.type] : found;
}
