/** A store of Keyv: an adapter such as `new KeyvRedis(…)` or `new KeyvFile(…)`, or a `Keyv` around one. */
export interface KeyvStore {
  get(key: string): unknown;
  set(key: string, value: string, ttl?: number): unknown;
  delete(key: string): unknown;
}

/**
 * Where a cache gets its store of Keyv from. A function is called for each connection: a store that fails or hangs is
 * given up, and with it what is still on its way. A store that is given itself has to recover by itself.
 */
export type KeyvStoreSource = KeyvStore | (() => KeyvStore | Promise<KeyvStore>);

/** What a cache uses of an adapter; what is optional not every adapter has. */
export interface KeyvStoreAdapter extends KeyvStore {
  getMany?(keys: string[]): unknown;
  setMany?(
    entries: { readonly key: string; readonly value: string; readonly ttl?: number }[],
  ): unknown;
  on?(event: 'error', listener: (error: unknown) => void): unknown;
  disconnect?(force: boolean): unknown;
  /** `false`: it gives nothing in place of an error. */
  throwOnErrors?: boolean;
}

/** The adapter in a `Keyv`, whose own namespace, TTL and serialization have no effect; anything else is one itself. */
export function adapterOf(store: KeyvStore): KeyvStoreAdapter {
  const {
    hooks,
    stats,
    store: inner,
  } = store as { hooks?: object; stats?: object; store?: object };
  const isKeyv = hooks !== undefined && stats !== undefined && inner !== undefined;
  return (isKeyv ? inner : store) as KeyvStoreAdapter;
}
