import type { Clock } from 'nestjs-mainstay/common';
import { CallWindow } from './call-window.js';
import { CircuitLeases, type CircuitPermit } from './circuit-leases.js';
import { CircuitOpenError } from './circuit-open.error.js';
import type {
  CircuitReason,
  CircuitState,
  CircuitStatus,
  CircuitTransition,
} from './circuit-transition.js';
import { ListenerErrors } from './listener-errors.js';
import type { ResolvedBreakerOptions } from './resolve-options.js';

/** The random part of the open time, so that instances do not come back together. */
const OPEN_JITTER = 0.2;

/**
 * Stops asking a dependency that fails: closed → open → half-open → closed. While half-open a few leased permits are
 * given out, all of which must succeed; everyone else is rejected at once. Semantics of resilience4j's CircuitBreaker.
 */
export class CircuitBreaker {
  readonly #resource: string;
  readonly #options: ResolvedBreakerOptions;
  readonly #clock: Clock;
  readonly #window: CallWindow;
  readonly #leases: CircuitLeases;
  readonly #listeners = new Set<(transition: CircuitTransition) => void>();
  readonly #listenerErrors = new ListenerErrors('CircuitBreaker');
  #state: CircuitState = 'closed';
  #permit: CircuitPermit = { generation: 0 };
  #last: CircuitTransition | undefined;
  #lastRecoveryMs: number | undefined;
  #openUntil = 0;
  #consecutiveFailures = 0;
  #streakStartedAt = 0;
  /** When the streak began that opened the breaker; `undefined` while there is no outage. */
  #outageStartedAt: number | undefined;

  /** @param leaseMs how long a half-open permit may stay out before another call gets it */
  constructor(resource: string, options: ResolvedBreakerOptions, leaseMs: number, clock: Clock) {
    this.#resource = resource;
    this.#options = options;
    this.#clock = clock;
    this.#window = new CallWindow(options.windowMs, clock.now());
    this.#leases = new CircuitLeases(options.halfOpenPermits, leaseMs);
  }

  get state(): CircuitState {
    return this.#state;
  }

  /** Whether calls are let through as if there were no breaker. */
  get isClosed(): boolean {
    return this.#state === 'closed' || this.#state === 'metrics-only';
  }

  /** Counts its states: what began in one of them says nothing about another. */
  get generation(): number {
    return this.#permit.generation;
  }

  /** Its state, why it is in it and since when. */
  status(): CircuitStatus {
    return {
      state: this.#state,
      reason: this.#last?.reason,
      note: this.#last?.note,
      since: this.#last?.at ?? 0,
      lastRecoveryMs: this.#lastRecoveryMs,
    };
  }

  /**
   * Asks for the right to one execution.
   * @throws {@link CircuitOpenError} while open, isolated, or half-open with all permits out
   */
  admit(now: number = this.#clock.now(), leaseMs?: number): CircuitPermit {
    if (this.isClosed) return this.#permit;
    if (this.#state === 'open' && now >= this.#openUntil) {
      this.#transition('half-open', 'open-time-over');
    }
    const permit =
      this.#state === 'half-open' && this.#leases.take(this.#permit.generation, now, leaseMs);
    if (!permit) throw this.#rejection(now);
    return permit;
  }

  /**
   * Asks once more for an execution that was let in and has waited since.
   * @throws {@link CircuitOpenError} as {@link admit}, if the state has changed
   */
  readmit(permit: CircuitPermit, leaseMs?: number): CircuitPermit {
    if (permit.generation === this.#permit.generation) return permit;
    return this.admit(this.#clock.now(), leaseMs);
  }

  /** The execution succeeded, or failed in a way that shows that the dependency serves. */
  recordSuccess(permit: CircuitPermit, durationMs = 0, now: number = this.#clock.now()): void {
    if (permit.generation !== this.#permit.generation) return;
    const isSlow = durationMs >= this.#options.slowCallMs;
    if (this.#state === 'half-open') this.#succeedHalfOpen(permit, isSlow);
    else {
      this.#consecutiveFailures = 0;
      this.#window.recordSuccess(now, isSlow);
      if (isSlow) this.#judge(now);
    }
  }

  /**
   * The dependency failed.
   * @param isRefused nothing could be sent, since nobody listens there
   */
  recordFailure(
    permit: CircuitPermit,
    durationMs = 0,
    now: number = this.#clock.now(),
    isRefused = false,
  ): void {
    if (permit.generation !== this.#permit.generation) return;
    if (this.#state === 'half-open') {
      if (this.#leases.giveBack(permit)) this.#open('half-open-failure');
      return;
    }
    if (this.#consecutiveFailures++ === 0) this.#streakStartedAt = now;
    this.#window.recordFailure(now, durationMs >= this.#options.slowCallMs);
    if (isRefused && this.#options.opensOnRefused) this.#open('connection-refused');
    else this.#judge(now);
  }

  /** The execution says nothing about the dependency (cancelled, unknown error): gives a half-open permit back. */
  recordNeutral(permit: CircuitPermit): void {
    this.#leases.giveBack(permit);
  }

  /**
   * Something without a permit ended: a background probe, a reconnect, a part of an execution. A success closes the
   * breaker at once, a failure counts as one.
   */
  recordProbe(succeeded: boolean): void {
    if (this.#state === 'isolated') return;
    if (this.isClosed) {
      if (succeeded) this.recordSuccess(this.#permit);
      else this.recordFailure(this.#permit);
    } else if (succeeded) {
      this.#transition('closed', 'probe');
    } else if (this.#state === 'half-open') {
      this.#open('half-open-failure');
    }
  }

  /**
   * Rejects every call until {@link reset}.
   * @param note why, for whoever looks at the health of the resource; no secrets
   */
  isolate(note?: string): void {
    if (this.#state !== 'isolated') this.#transition('isolated', 'isolated', note);
  }

  /** Lets every call through and only counts, until {@link reset}. */
  metricsOnly(): void {
    if (this.#state !== 'metrics-only') this.#transition('metrics-only', 'metrics-only');
  }

  /** Closes the breaker and forgets what it counted. */
  reset(): void {
    this.#window.clear();
    this.#consecutiveFailures = 0;
    if (this.#state !== 'closed') this.#transition('closed', 'reset');
  }

  /** Calls `listener` after each change of state. @returns a function that ends the subscription */
  subscribe(listener: (transition: CircuitTransition) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #succeedHalfOpen(permit: CircuitPermit, isSlow: boolean): void {
    if (!this.#leases.giveBack(permit)) return;
    if (isSlow) this.#open('slow-calls');
    else if (this.#leases.succeed()) this.#transition('closed', 'half-open-success');
  }

  #judge(now: number): void {
    const { consecutiveFailures, consecutiveSpanMs, minimumCalls } = this.#options;
    const streakMs = now - this.#streakStartedAt;
    if (this.#consecutiveFailures >= consecutiveFailures && streakMs >= consecutiveSpanMs) {
      this.#open('consecutive-failures');
      return;
    }
    const { calls, failureRatio, slowRatio } = this.#window.measure(now);
    if (calls < minimumCalls) return;
    if (failureRatio >= this.#options.failureRatio) this.#open('failure-ratio');
    else if (slowRatio >= this.#options.slowCallRatio) this.#open('slow-calls');
  }

  #open(reason: CircuitReason): void {
    if (this.#state === 'metrics-only') return;
    const jitter = 1 + OPEN_JITTER * (2 * this.#clock.random() - 1);
    const now = this.#clock.now();
    this.#openUntil = now + this.#options.openMs * jitter;
    this.#outageStartedAt ??= this.#consecutiveFailures > 0 ? this.#streakStartedAt : now;
    this.#transition('open', reason);
  }

  #rejection(now: number): CircuitOpenError {
    const remainingMs = this.#state === 'open' ? this.#openUntil - now : this.#options.openMs;
    return new CircuitOpenError(this.#resource, Math.max(0, Math.ceil(remainingMs)));
  }

  #transition(to: CircuitState, reason: CircuitReason, note?: string): void {
    const at = this.#clock.now();
    const recoveryMs = this.#endOutage(to, reason, at);
    const transition: CircuitTransition = {
      resource: this.#resource,
      from: this.#state,
      to,
      reason,
      at,
      ...(note === undefined ? {} : { note }),
      ...(recoveryMs === undefined ? {} : { recoveryMs }),
    };
    this.#last = transition;
    this.#state = to;
    this.#permit = { generation: this.#permit.generation + 1 };
    this.#leases.clear();
    this.#consecutiveFailures = 0;
    if (to === 'closed') this.#window.clear();
    const listeners = [...this.#listeners];
    for (const listener of listeners) {
      this.#listenerErrors.guard('A listener of a circuit breaker', () => listener(transition));
    }
  }

  /** How long the outage took that ends with this transition: an operator's word does not end one, it only hides it. */
  #endOutage(to: CircuitState, reason: CircuitReason, at: number): number | undefined {
    const startedAt = this.#outageStartedAt;
    if (to === 'open' || to === 'half-open') return undefined;
    this.#outageStartedAt = undefined;
    if (startedAt === undefined || (reason !== 'half-open-success' && reason !== 'probe')) {
      return undefined;
    }
    this.#lastRecoveryMs = at - startedAt;
    return this.#lastRecoveryMs;
  }
}
