import { formatSize, MainstayError, redactText } from 'nestjs-mainstay/common';
import type { Classification, ClassifiedError } from 'nestjs-mainstay/resilience';

/** A key that the cache refuses. The key itself is not in the error: it may name a person. */
export class InvalidCacheKeyError
  extends MainstayError<'CACHE_KEY_INVALID'>
  implements ClassifiedError
{
  readonly code = 'CACHE_KEY_INVALID';
  readonly classification: Classification = mistake('CACHE_KEY_INVALID');

  constructor(reason: string, allowed: string) {
    super(`A cache key is ${reason}. Use ${allowed}; hash what is longer.`, {
      context: { reason },
    });
  }
}

/** A tag that the cache refuses. */
export class InvalidCacheTagError
  extends MainstayError<'CACHE_TAG_INVALID'>
  implements ClassifiedError
{
  readonly code = 'CACHE_TAG_INVALID';
  readonly classification: Classification = mistake('CACHE_TAG_INVALID');

  constructor(reason: string, allowed: string) {
    super(`A cache tag is ${reason}. Use ${allowed}.`, { context: { reason } });
  }
}

/** A time to live that is none. */
export class InvalidCacheTtlError
  extends MainstayError<'CACHE_TTL_INVALID'>
  implements ClassifiedError
{
  readonly code = 'CACHE_TTL_INVALID';
  readonly classification: Classification = mistake('CACHE_TTL_INVALID');

  constructor(found: string) {
    super(
      `${found} is no time to live. Use a number of milliseconds, a duration such as '5m', 0 (do not store) or Infinity (for ever).`,
      { context: { found } },
    );
  }
}

/** A ratio that is none. */
export class InvalidCacheRatioError
  extends MainstayError<'CACHE_RATIO_INVALID'>
  implements ClassifiedError
{
  readonly code = 'CACHE_RATIO_INVALID';
  readonly classification: Classification = mistake('CACHE_RATIO_INVALID');

  constructor(found: string) {
    super(
      `eagerRefresh is ${found}. Use a part of the TTL, more than 0 and less than 1 (0.8 = when a fifth of it is left), or false.`,
      { context: { found } },
    );
  }
}

/** A value that cannot be cached, because it has no form as plain data. */
export class UncacheableValueError
  extends MainstayError<'CACHE_VALUE_INVALID'>
  implements ClassifiedError
{
  readonly code = 'CACHE_VALUE_INVALID';
  readonly classification: Classification = mistake('CACHE_VALUE_INVALID');

  /** @param path where in the value it was found: `value.items[3]` */
  constructor(path: string, found: string) {
    super(
      `${path} is ${found}, which cannot be cached. Cache plain data, Date, Map, Set, BigInt or binary data.`,
      { context: { path, found } },
    );
  }
}

/** A value is larger than all that the memory of the process may hold together. */
export class CacheValueTooLargeError
  extends MainstayError<'CACHE_VALUE_TOO_LARGE'>
  implements ClassifiedError
{
  readonly code = 'CACHE_VALUE_TOO_LARGE';
  /** No mistake of who loads a value: it is theirs all the same. */
  readonly classification: Classification = { kind: 'permanent', type: 'CACHE_VALUE_TOO_LARGE' };

  constructor(maxBytes: number) {
    super(
      `A value was not stored: it is larger than the ${formatSize(maxBytes)} that all entries together may take. Cache less of it, or raise CACHE_MAX_BYTES.`,
      { context: { maxBytes } },
    );
  }
}

/** The codec refuses a value, which therefore was not written. */
export class CacheEncodeError
  extends MainstayError<'CACHE_ENCODE_FAILED'>
  implements ClassifiedError
{
  readonly code = 'CACHE_ENCODE_FAILED';
  /** No mistake of who loads a value: it is theirs all the same. */
  readonly classification: Classification = { kind: 'permanent', type: 'CACHE_ENCODE_FAILED' };

  /** @param codec its name, where it has one */
  constructor(codec: string | undefined, reason: unknown) {
    const name = codec === undefined ? 'The codec' : `The codec "${codec}"`;
    const said = redactText(reason instanceof Error ? reason.message : String(reason));
    super(`${name} could not encode a value, which was not written: ${said}.`, {
      context: { codec: codec ?? null },
      cause: reason,
    });
  }
}

/** A factory asks the cache for what it is to make. The key is not in the error: it may name a person. */
export class CacheLoadCycleError
  extends MainstayError<'CACHE_LOAD_CYCLE'>
  implements ClassifiedError
{
  readonly code = 'CACHE_LOAD_CYCLE';
  readonly classification: Classification = mistake('CACHE_LOAD_CYCLE');

  constructor(cache: string) {
    super(
      `${cache}: a factory asks for the key that it is loading, and would wait for itself. Let it ask its source, or use another key for what it needs.`,
      { context: { cache } },
    );
  }
}

/** The cache has no store to ask: it is not initialised, or closed. */
export class CacheUnavailableError
  extends MainstayError<'CACHE_UNAVAILABLE'>
  implements ClassifiedError
{
  readonly code = 'CACHE_UNAVAILABLE';
  /** Trying again within one call would not help: opening the store is the initialiser's work. */
  readonly classification: Classification = {
    kind: 'unavailable',
    type: 'CACHE_UNAVAILABLE',
    retryable: false,
  };

  constructor(cache: string) {
    super(
      `${cache} is not open: it is still being initialised, or the application is shutting down.`,
      { context: { cache } },
    );
  }
}

/** The shared tier cannot be reached; it was not asked. */
export class CacheTierUnavailableError
  extends MainstayError<'CACHE_TIER_UNAVAILABLE'>
  implements ClassifiedError
{
  readonly code = 'CACHE_TIER_UNAVAILABLE';
  /** Trying again within one call would not help: reconnecting goes on in the background. */
  readonly classification: Classification = {
    kind: 'unavailable',
    type: 'CACHE_TIER_UNAVAILABLE',
    retryable: false,
    notSent: true,
  };

  constructor(cache: string) {
    super(`${cache} cannot reach its shared tier; it is trying to.`, { context: { cache } });
  }
}

/** No sentinel led to a Redis that is master: there is none, or none can be reached. */
export class CacheMasterUnknownError
  extends MainstayError<'CACHE_MASTER_UNKNOWN'>
  implements ClassifiedError
{
  readonly code = 'CACHE_MASTER_UNKNOWN';
  /** Trying again within one call would not help: asking goes on in the background. */
  readonly classification: Classification = {
    kind: 'unavailable',
    type: 'CACHE_MASTER_UNKNOWN',
    retryable: false,
    notSent: true,
  };

  /** @param reasons why each sentinel did not help, in the order in which they were asked */
  constructor(cache: string, master: string, reasons: readonly string[]) {
    super(
      `${cache}: no sentinel led to the master "${master}" (${reasons.join('; ')}). Is the name right, and is there a master now?`,
      { context: { cache, master } },
    );
  }
}

/** The connection to the shared tier broke before it had answered: what was asked of it may have been done. */
export class CacheConnectionLostError
  extends MainstayError<'CACHE_CONNECTION_LOST'>
  implements ClassifiedError
{
  readonly code = 'CACHE_CONNECTION_LOST';
  readonly classification: Classification = {
    kind: 'unavailable',
    type: 'CACHE_CONNECTION_LOST',
    retryable: false,
  };

  constructor(cache: string, reason: Error) {
    super(`${cache} lost its connection to Redis: ${redactText(reason.message)}.`, {
      context: { cache },
      cause: reason,
    });
  }
}

/** A store of Keyv failed; it does not say whether what was asked of it was done. */
export class CacheTierFailedError
  extends MainstayError<'CACHE_TIER_FAILED'>
  implements ClassifiedError
{
  readonly code = 'CACHE_TIER_FAILED';
  readonly classification: Classification = {
    kind: 'unavailable',
    type: 'CACHE_TIER_FAILED',
    retryable: false,
  };

  constructor(cache: string, reason: unknown) {
    const said = redactText(reason instanceof Error ? reason.message : String(reason));
    super(`${cache}: its store failed: ${said.replace(/\.$/, '')}.`, {
      context: { cache },
      cause: reason,
    });
  }
}

/** The shared tier did not answer in time. */
export class CacheTimeoutError extends MainstayError<'CACHE_TIMEOUT'> implements ClassifiedError {
  readonly code = 'CACHE_TIMEOUT';
  readonly classification: Classification = {
    kind: 'timeout',
    type: 'CACHE_TIMEOUT',
    retryable: false,
  };

  constructor(cache: string, timeoutMs: number) {
    super(`${cache}: its shared tier did not answer within ${timeoutMs} ms.`, {
      context: { cache, timeoutMs },
    });
  }
}

/** So much is waiting for the shared tier that it was not asked. */
export class CacheOverloadedError
  extends MainstayError<'CACHE_OVERLOADED'>
  implements ClassifiedError
{
  readonly code = 'CACHE_OVERLOADED';
  readonly classification: Classification = {
    kind: 'rejected',
    type: 'CACHE_OVERLOADED',
    notSent: true,
  };

  constructor(cache: string, limit: number) {
    super(`${cache}: ${limit} calls wait for its shared tier already; this one was not sent.`, {
      context: { cache, limit },
    });
  }
}

/** A configuration that the schema cannot judge. */
export class CacheConfigError
  extends MainstayError<'CACHE_CONFIG_INVALID'>
  implements ClassifiedError
{
  readonly code = 'CACHE_CONFIG_INVALID';
  readonly classification: Classification = {
    kind: 'permanent',
    type: 'CACHE_CONFIG_INVALID',
    reason: 'configuration',
  };

  constructor(cache: string, problem: string) {
    super(`${cache}: ${problem}`, { context: { cache } });
  }
}

/** What the store gave back in a test is not what was written. */
export class CacheSelfTestError
  extends MainstayError<'CACHE_SELF_TEST_FAILED'>
  implements ClassifiedError
{
  readonly code = 'CACHE_SELF_TEST_FAILED';
  readonly classification: Classification = { kind: 'unavailable', type: 'CACHE_SELF_TEST_FAILED' };

  constructor(cache: string, failed: string) {
    super(`${cache} did not pass its test of ${failed} with a sentinel entry.`, {
      context: { cache, failed },
    });
  }
}

function mistake(type: string): Classification {
  return { kind: 'permanent', type, reason: 'validation' };
}
