/** Version of what is written under the keys; another form of entry gets another number, and sees none of the old. */
const SCHEMA_VERSION = 1;

/** The names of a cache in Redis: its namespace and the schema version stand in each exactly once. */
export class RedisKeys {
  /**
   * Names the cache's present: entries of an earlier one are invalid. It has no value while the cache is empty or was
   * cleared.
   */
  readonly epoch: string;
  readonly #entry: string;
  readonly #tag: string;
  readonly #sentinel: string;

  /** @param namespace unique among the caches of a Redis: `'mainstay:cache'` */
  constructor(namespace: string) {
    const prefix = `${namespace}:v${SCHEMA_VERSION}:`;
    this.epoch = `${prefix}epoch`;
    this.#sentinel = `${prefix}sentinel:`;
    this.#entry = `${prefix}e:`;
    this.#tag = `${prefix}t:`;
  }

  entry(key: string): string {
    return this.#entry + expressible(key);
  }

  tag(tag: string): string {
    return this.#tag + expressible(tag);
  }

  /** Of an entry that only tests whether there can be one. */
  sentinel(id: string): string {
    return this.#sentinel + id;
  }
}

/** UTF-8 has one form for all halves of surrogate pairs: two keys would be one. */
function expressible(name: string): string {
  return name.replace(/[\p{Surrogate}\uFFFD]/gu, (unit) => {
    return `\uFFFD${unit.charCodeAt(0).toString(16)}`;
  });
}
