import { formatDuration, LogThrottle, redactText, type Clock } from 'nestjs-mainstay/common';
import {
  GuardedLogger,
  type CircuitReason,
  type CircuitTransition,
  type Classification,
} from 'nestjs-mainstay/resilience';
import type { HealthState, ResourceHealth } from './health/health-state.js';
import type { RecordedOperation } from './recorded-operation.js';

/** Changes of a circuit breaker that an operator asked for. */
const BY_HAND: ReadonlySet<CircuitReason> = new Set(['isolated', 'metrics-only', 'reset']);

/** Everything that StatusModule writes to the log: a summary a minute, failures by fingerprint, transitions of health. */
export class StatusLogger {
  readonly #logger = new GuardedLogger('Status');
  readonly #failures: LogThrottle;

  constructor(clock: Clock) {
    this.#failures = new LogThrottle(clock);
  }

  /** One line at debug about the last minute; none when nothing happened. */
  logMetrics(operations: readonly RecordedOperation[]): void {
    const busy = operations.filter(({ errors }) => errors.recent > 0);
    if (busy.length === 0) return;
    this.#logger.debug(`Last minute: ${busy.map(summarise).join('; ')}`);
  }

  /** One line per failure of an operation: the first 5 of a kind, then one a minute with a count. */
  logError(
    resource: string,
    operation: string,
    { kind, type }: Classification,
    durationMs: number,
  ): void {
    // An unknown error was logged with its stack where it was detected.
    if (kind === 'unknown') return;
    const admission = this.#failures.admit(`${resource}.${operation} ${type}`);
    if (!admission) return;
    const { unlogged } = admission;
    const more = unlogged === 0 ? '' : `; ${unlogged} more like it since the last line`;
    this.#logger.warn(
      `${resource}.${operation} failed: ${kind} (${type}) after ${formatDuration(durationMs)}${more}`,
    );
  }

  /**
   * One line for each change of a circuit breaker: what an operator did is a warning; the breaker's own changes come
   * again and again in an outage, which the health tells once, and go to debug.
   */
  logCircuit({ resource, from, to, reason, note }: CircuitTransition): void {
    const why = note === undefined ? reason : `${reason}: ${redactText(note)}`;
    const text = `${resource}: circuit breaker is ${to}, was ${from} (${why})`;
    if (BY_HAND.has(reason)) this.#logger.warn(text);
    else this.#logger.debug(text);
  }

  /** One line when the health of a resource changes; none for a resource that is up from the start. */
  logTransition(from: HealthState | undefined, { name, state, reason }: ResourceHealth): void {
    if (state === 'up' && from === undefined) return;
    const before = from === undefined ? '' : `, was ${from}`;
    const text = `${name} is ${state}${before}${reason === undefined ? '' : `: ${reason}`}`;
    if (state === 'up') this.#logger.log(text);
    else if (state === 'down') this.#logger.error(text);
    else this.#logger.warn(text);
  }
}

function summarise({ resource, operation, errors, times }: RecordedOperation): string {
  const failed = errors.rate ? `, ${Number((errors.rate * 100).toFixed(1))} % failed` : '';
  const p99 = times.quantileMs(0.99);
  const slow = p99 === undefined ? '' : `, p99 ${formatDuration(p99)} since start`;
  return `${resource}.${operation} ${errors.recent}${failed}${slow}`;
}
