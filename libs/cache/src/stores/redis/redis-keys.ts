/** Version of what is written under the keys; another form of entry gets another number, and sees none of the old. */
const SCHEMA_VERSION = 2;

/** The names of a cache in Redis: its namespace and the schema version stand in each exactly once. */
export class RedisKeys {
  /**
   * A hash: the sequence of the messages, the last version that was given, what names these two, and how far the time of
   * the versions is ahead of Redis' clock.
   */
  readonly meta: string;
  /** The version of the last clear: older entries are invalid, and all are while it has no value. */
  readonly clear: string;
  /** The channel on which instances tell each other what they have invalidated. */
  readonly channel: string;
  readonly #entry: string;
  readonly #tag: string;
  readonly #lock: string;
  readonly #sentinel: string;

  /** @param namespace unique among the caches of a Redis: `'mainstay:cache'` */
  constructor(namespace: string) {
    const prefix = `${namespace}:v${SCHEMA_VERSION}:`;
    this.meta = `${prefix}meta`;
    this.clear = `${prefix}clear`;
    this.channel = `${prefix}bus`;
    this.#sentinel = `${prefix}sentinel:`;
    this.#entry = `${prefix}e:`;
    this.#tag = `${prefix}t:`;
    this.#lock = `${prefix}l:`;
  }

  entry(key: string): string {
    return this.#entry + expressible(key);
  }

  /** The key of an entry's name. */
  keyOf(entry: string): string {
    return original(entry.slice(this.#entry.length));
  }

  /** The version of a tag's last invalidation; an entry whose tag has none is invalid. */
  tag(tag: string): string {
    return this.#tag + expressible(tag);
  }

  /** The tag of a name. */
  tagOf(name: string): string {
    return original(name.slice(this.#tag.length));
  }

  /** Of the lock under which a key is loaded. */
  lock(key: string): string {
    return this.#lock + expressible(key);
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

/** The reverse of {@link expressible}. */
function original(name: string): string {
  return name.replace(/\uFFFD([\da-f]{4})/g, (_, unit: string) => {
    return String.fromCharCode(Number.parseInt(unit, 16));
  });
}
