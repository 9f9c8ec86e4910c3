/** One thing that is wrong with the configuration. */
export interface ConfigViolation {
  /** The variable, `CACHE_TTL`, or the option in code, `cache.ttl (in code)`. */
  readonly variable: string;
  /** What was found, secrets masked. */
  readonly found: string;
  /** What may stand there. */
  readonly allowed: string;
  /** What to do. */
  readonly fix: string;
}
