import type { CacheStore } from '../stores/cache-store.js';

/** What is told of a store beside its health. */
export interface StoreDetails {
  /** Entries in the memory of the process, and their bound. */
  readonly entries: number;
  readonly maxEntries: number;
  /** Writes that the shared tier has not acknowledged. */
  readonly queued?: number;
  /** How often messages of other instances were missed. */
  readonly missed?: number;
  /** Entries of the shared tier that could not be decoded and counted as missing. */
  readonly undecodable?: number;
}

/** The bounds of the memory: its number of entries, and what they take. */
export const EVICTION_REASONS = ['entries', 'bytes'] as const;

export type EvictionReason = (typeof EVICTION_REASONS)[number];

/** How the store of one kind of URL is made ready, step by step, and given up. */
export interface StoreEngine {
  /** Whether the store answers from copies when it cannot be asked. */
  readonly hasFallback: boolean;
  /** See `Resource.system`. @default none */
  readonly system?: string;
  /** The store; `undefined` while there is none. */
  readonly store: CacheStore | undefined;
  /**
   * Loads what takes its time and needs no server, before the time of the initialisation begins. Never rejects.
   * @default nothing
   */
  load?(): Promise<void>;
  /** What the schema cannot judge. @throws CacheConfigError */
  validate(): void;
  testConnection(signal: AbortSignal): Promise<void> | void;
  createConnection(signal: AbortSignal): Promise<void> | void;
  setOptions(signal: AbortSignal): Promise<void> | void;
  testOperations(signal: AbortSignal): Promise<void> | void;
  /** Gives up what the steps made; they may be taken anew. */
  close(): Promise<void> | void;
  /** After the last {@link close}: from now on there is no store. @default nothing */
  end?(): void;
  /** Facts worth showing beside a probe. */
  details(): StoreDetails;
  /** Entries in the memory of the process that had to make room, by the bound that was reached. */
  readonly evictions: Readonly<Record<EvictionReason, number>>;
  /** How long the shared tier has owed an answer, in milliseconds. @default 0: there is none */
  readonly silentMs?: number;
}
