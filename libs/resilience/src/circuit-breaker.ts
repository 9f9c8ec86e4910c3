import type { Clock } from 'nestjs-mainstay/common';
import { CircuitOpenError } from './circuit-open.error.js';
import { FailureWindow } from './failure-window.js';
import { ListenerErrors } from './listener-errors.js';
import type { BreakerOptions } from './resilience.options.js';

/** `isolated`: held open by an operator until `reset()`. */
export type CircuitState = 'closed' | 'open' | 'half-open' | 'isolated';

/** Why a breaker changed its state. */
export type CircuitReason =
  | 'failure-ratio'
  | 'consecutive-failures'
  | 'half-open-failure'
  | 'half-open-success'
  | 'open-time-over'
  | 'probe'
  | 'isolated'
  | 'reset';

/** A change of a breaker's state. */
export interface CircuitTransition {
  readonly resource: string;
  readonly from: CircuitState;
  readonly to: CircuitState;
  readonly reason: CircuitReason;
}

/** The right to one execution; its result is given back with it. A permit of an earlier state changes nothing. */
export interface CircuitPermit {
  readonly generation: number;
}

/** The random part of the open time, so that instances do not come back together. */
const OPEN_JITTER = 0.2;

/**
 * Stops asking a dependency that fails: closed → open → half-open → closed. While half-open a few leased permits are
 * given out, all of which must succeed; everyone else is rejected at once. Semantics of resilience4j's CircuitBreaker.
 */
export class CircuitBreaker {
  readonly #resource: string;
  readonly #options: Required<BreakerOptions>;
  readonly #leaseMs: number;
  readonly #clock: Clock;
  readonly #window: FailureWindow;
  readonly #leases = new Map<CircuitPermit, number>();
  readonly #listeners = new Set<(transition: CircuitTransition) => void>();
  readonly #listenerErrors = new ListenerErrors('CircuitBreaker');
  #state: CircuitState = 'closed';
  #permit: CircuitPermit = { generation: 0 };
  #openUntil = 0;
  #consecutiveFailures = 0;
  #streakStartedAt = 0;
  #halfOpenSuccesses = 0;

  /** @param leaseMs how long a half-open permit may stay out before another call gets it */
  constructor(resource: string, options: Required<BreakerOptions>, leaseMs: number, clock: Clock) {
    this.#resource = resource;
    this.#options = options;
    this.#leaseMs = leaseMs;
    this.#clock = clock;
    this.#window = new FailureWindow(options.windowMs, clock);
  }

  get state(): CircuitState {
    return this.#state;
  }

  /**
   * Asks for the right to one execution.
   * @throws {@link CircuitOpenError} while open, isolated, or half-open with all permits out
   */
  admit(): CircuitPermit {
    if (this.#state === 'closed') return this.#permit;
    if (this.#state === 'open' && this.#clock.now() >= this.#openUntil) {
      this.#transition('half-open', 'open-time-over');
    }
    if (this.#state !== 'half-open') throw this.#rejection();
    return this.#lease();
  }

  /** The execution succeeded, or failed in a way that shows that the dependency serves. */
  recordSuccess(permit: CircuitPermit): void {
    if (permit.generation !== this.#permit.generation) return;
    if (this.#state === 'closed') {
      this.#window.recordSuccess();
      this.#consecutiveFailures = 0;
    } else if (this.#state === 'half-open' && this.#leases.delete(permit)) {
      this.#halfOpenSuccesses++;
      if (this.#halfOpenSuccesses >= this.#options.halfOpenPermits) {
        this.#transition('closed', 'half-open-success');
      }
    }
  }

  /** The dependency failed. */
  recordFailure(permit: CircuitPermit): void {
    if (permit.generation !== this.#permit.generation) return;
    if (this.#state === 'half-open') {
      if (this.#leases.delete(permit)) this.#open('half-open-failure');
    } else if (this.#state === 'closed') {
      this.#countFailure();
    }
  }

  /** The execution says nothing about the dependency (cancelled, unknown error): gives a half-open permit back. */
  recordNeutral(permit: CircuitPermit): void {
    this.#leases.delete(permit);
  }

  /**
   * Something without a permit ended: a background probe, a reconnect, a part of an execution. A success closes the
   * breaker at once, a failure counts as one.
   */
  recordProbe(succeeded: boolean): void {
    if (this.#state === 'isolated') return;
    if (this.#state === 'closed') {
      if (succeeded) this.recordSuccess(this.#permit);
      else this.recordFailure(this.#permit);
    } else if (succeeded) {
      this.#transition('closed', 'probe');
    } else if (this.#state === 'half-open') {
      this.#open('half-open-failure');
    }
  }

  /** Rejects every call until {@link reset}. */
  isolate(): void {
    if (this.#state !== 'isolated') this.#transition('isolated', 'isolated');
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

  #countFailure(): void {
    const now = this.#clock.now();
    if (this.#consecutiveFailures++ === 0) this.#streakStartedAt = now;
    this.#window.recordFailure();
    const { consecutiveFailures, consecutiveSpanMs, minimumCalls, failureRatio } = this.#options;
    const streakMs = now - this.#streakStartedAt;
    if (this.#consecutiveFailures >= consecutiveFailures && streakMs >= consecutiveSpanMs) {
      this.#open('consecutive-failures');
      return;
    }
    const measured = this.#window.measure();
    if (measured.calls >= minimumCalls && measured.failureRatio >= failureRatio) {
      this.#open('failure-ratio');
    }
  }

  #open(reason: CircuitReason): void {
    const jitter = 1 + OPEN_JITTER * (2 * this.#clock.random() - 1);
    this.#openUntil = this.#clock.now() + this.#options.openMs * jitter;
    this.#transition('open', reason);
  }

  #lease(): CircuitPermit {
    const now = this.#clock.now();
    for (const [permit, expiresAt] of this.#leases) {
      if (expiresAt <= now) this.#leases.delete(permit);
    }
    if (this.#leases.size + this.#halfOpenSuccesses >= this.#options.halfOpenPermits) {
      throw this.#rejection();
    }
    const permit = { generation: this.#permit.generation };
    this.#leases.set(permit, now + this.#leaseMs);
    return permit;
  }

  #rejection(): CircuitOpenError {
    const remainingMs =
      this.#state === 'open' ? this.#openUntil - this.#clock.now() : this.#options.openMs;
    return new CircuitOpenError(this.#resource, Math.max(0, Math.ceil(remainingMs)));
  }

  #transition(to: CircuitState, reason: CircuitReason): void {
    const transition = { resource: this.#resource, from: this.#state, to, reason };
    this.#state = to;
    this.#permit = { generation: this.#permit.generation + 1 };
    this.#leases.clear();
    this.#halfOpenSuccesses = 0;
    this.#consecutiveFailures = 0;
    if (to === 'closed') this.#window.clear();
    const listeners = [...this.#listeners];
    for (const listener of listeners) {
      this.#listenerErrors.guard('A listener of a circuit breaker', () => listener(transition));
    }
  }
}
