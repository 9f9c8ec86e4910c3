import { randomUUID } from 'node:crypto';
import type { StoreCheck } from '../cache-store.js';
import { adapterOf, type KeyvStore, type KeyvStoreAdapter } from './keyv-store-source.js';

/** How long a sentinel stays that could not be deleted, in milliseconds. */
const SENTINEL_LIFE_MS = 10_000;

/** A text to be written; a life of `Infinity` has no end. */
export interface KeyvWrite {
  readonly name: string;
  readonly text: string;
  readonly lifeMs: number;
}

/**
 * An adapter of Keyv whose failures are errors: adapters tell of them as rejections, by `false`, or by no more than an
 * event, and give nothing in place of what they could not read. It waits as long as the adapter does.
 */
export class KeyvClient {
  readonly #adapter: KeyvStoreAdapter;
  #errors = 0;
  #lastError: unknown;
  #check: Promise<StoreCheck> | undefined;

  constructor(store: KeyvStore) {
    this.#adapter = adapterOf(store);
    // Before anything is asked of it: an error event that nobody hears ends the process.
    this.#adapter.on?.('error', (error) => {
      this.#errors++;
      this.#lastError = error;
    });
    if ('throwOnErrors' in this.#adapter) this.#adapter.throwOnErrors = true;
  }

  /** What stands under names, in their order; `''` for what is no text. */
  read(names: readonly string[]): Promise<(string | undefined)[]> {
    return this.#watched(async () => {
      const adapter = this.#adapter;
      const found = adapter.getMany
        ? ((await adapter.getMany([...names])) as readonly unknown[])
        : await Promise.all(names.map((name) => adapter.get(name)));
      return names.map((_, index) => textOf(found[index]));
    });
  }

  /** Writes texts, in one call where the adapter has one. */
  write(writes: readonly KeyvWrite[]): Promise<void> {
    return this.#watched(async () => {
      const adapter = this.#adapter;
      const entries = writes.map(({ name, text, lifeMs }) => ({
        key: name,
        value: text,
        ...(lifeMs !== Infinity && { ttl: Math.max(1, Math.ceil(lifeMs)) }),
      }));
      const done: unknown =
        adapter.setMany && entries.length > 1
          ? await adapter.setMany(entries)
          : await Promise.all(entries.map(({ key, value, ttl }) => adapter.set(key, value, ttl)));
      if ([done].flat().includes(false)) throw new Error('The adapter did not write.');
    });
  }

  /** Writes, reads back and deletes a sentinel; while it waits, nobody makes it do so again. */
  check(sentinel: string): Promise<StoreCheck> {
    this.#check ??= this.#testWith(sentinel + randomUUID()).finally(() => {
      this.#check = undefined;
    });
    return this.#check;
  }

  /** Gives the adapter up. Rejects as the adapter does. */
  async disconnect(): Promise<void> {
    await this.#adapter.disconnect?.(true);
  }

  async #testWith(name: string): Promise<StoreCheck> {
    const text = randomUUID();
    await this.write([{ name, text, lifeMs: SENTINEL_LIFE_MS }]);
    const [read] = await this.read([name]);
    await this.#watched(async () => this.#adapter.delete(name));
    const [left] = await this.read([name]);
    return { read: read === text, write: read === text && left === undefined };
  }

  async #watched<T>(work: () => Promise<T>): Promise<T> {
    const before = this.#errors;
    const result = await work();
    if (this.#errors !== before) throw this.#lastError;
    return result;
  }
}

function textOf(found: unknown): string | undefined {
  if (found === undefined || found === null) return undefined;
  return typeof found === 'string' ? found : '';
}
