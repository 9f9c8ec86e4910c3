/** A call of the cache that a node of the fleet is told to make. Every written value is given once only. */
export type NodeCall =
  | { readonly op: 'get' | 'lookup' | 'delete'; readonly key: string }
  | {
      readonly op: 'set' | 'put';
      readonly key: string;
      readonly value: string;
      readonly tags: readonly string[];
    }
  | {
      readonly op: 'getOrSet' | 'lookupOrSet';
      readonly key: string;
      /** What the factory gives, if it is called. */
      readonly value: string;
      readonly tags: readonly string[];
      /** How long the factory takes, in milliseconds. */
      readonly factoryMs: number;
    }
  | { readonly op: 'invalidateTags'; readonly tags: readonly string[] }
  | { readonly op: 'clear' };

/** From when to when, in milliseconds of the clock that all processes of the machine share. */
export interface Span {
  readonly startedAt: number;
  /** Infinity = it has not ended. */
  readonly endedAt: number;
}

/** How a call ended. */
export type CallOutcome =
  /** A read; `undefined` = nothing was found. `get` and `getOrSet` do not tell whether it may be out of date. */
  | {
      readonly kind: 'read';
      readonly value: string | undefined;
      readonly stale?: boolean;
      readonly source?: string;
    }
  | { readonly kind: 'write'; readonly acknowledged: boolean }
  | { readonly kind: 'error'; readonly code: string }
  | { readonly kind: 'pending' };

/** What a node is sent. */
export interface NodeOrder {
  readonly id: number;
  /** `block` = do nothing at all for a while, as a long computation does. */
  readonly call: NodeCall | { readonly op: 'block'; readonly ms: number };
}

/** What a node sends. */
export type NodeMessage =
  | { readonly kind: 'ready' }
  | {
      readonly kind: 'reply';
      readonly id: number;
      readonly span: Span;
      readonly outcome: CallOutcome;
      /** When its own factory ran. */
      readonly factory?: Span | undefined;
    }
  /** The factory of a call has begun; the call may never end. */
  | { readonly kind: 'factory'; readonly id: number; readonly startedAt: number }
  /** The process did nothing for a while: it was frozen, blocked, or had no core. */
  | { readonly kind: 'pause'; readonly span: Span }
  | { readonly kind: 'incident'; readonly what: string };
