import { Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { formatDuration, redactText, type Clock } from 'nestjs-mainstay/common';
import { Repeater } from '../repeater.js';

/** Time between two heartbeats, in milliseconds: a loop that answers again is believed after one that comes in time. */
const HEARTBEAT_MS = 1_000;

/** Longest reason that is shown. */
const MAX_REASON_LENGTH = 200;

/** Whether a process can go on: `stalled`: its event loop is held for too long; `fatal`: it said itself that it cannot. */
export interface LivenessReport {
  readonly status: 'ok' | 'stalled' | 'fatal';
  /** Why it is not `ok`. */
  readonly reason?: string;
}

/**
 * Whether the process has to be restarted. No dependency counts: a restart does not bring one back.
 *
 * A loop that is held answers nothing, which the prober's own timeout finds. What can be told from inside is what is seen
 * when the loop moves again: the heartbeat is overdue, or the last one came too late. The next one in time ends it, so
 * that one long task makes one bad answer, and a loop that stays overloaded makes nothing else.
 * @example
 * constructor(private readonly liveness: Liveness) {}
 * onLicenceRevoked() { this.liveness.markFatal('the licence was revoked'); }
 */
export class Liveness implements OnModuleInit, OnApplicationShutdown {
  readonly #logger = new Logger('Liveness');
  readonly #clock: Clock;
  readonly #maxStallMs: number;
  readonly #heartbeat: Repeater;
  #beatAt: number | undefined;
  #lastStallMs = 0;
  #fatal: string | undefined;

  /** @param maxStallMs how long the event loop may be held, in milliseconds */
  constructor(clock: Clock, maxStallMs: number) {
    this.#clock = clock;
    this.#maxStallMs = maxStallMs;
    this.#heartbeat = new Repeater(clock, HEARTBEAT_MS, () => this.#beat());
  }

  /**
   * The process cannot go on and has to be restarted: `/livez` answers 503 from now on. For what only a restart repairs;
   * an outage of a dependency is not that. The first reason stands.
   * @param reason shown in `/livez` where details are shown, without secrets, and written to the log
   */
  markFatal(reason: string): void {
    if (this.#fatal !== undefined) return;
    this.#fatal = redactText(reason).slice(0, MAX_REASON_LENGTH);
    this.#logger.error(`The process has to be restarted: ${this.#fatal}`);
  }

  /** Judges now. */
  report(): LivenessReport {
    if (this.#fatal !== undefined) return { status: 'fatal', reason: this.#fatal };
    const stallMs = Math.max(this.#overdueMs(), this.#lastStallMs);
    if (stallMs <= this.#maxStallMs) return { status: 'ok' };
    return { status: 'stalled', reason: `the event loop was held for ${formatDuration(stallMs)}` };
  }

  /** @internal */
  onModuleInit(): void {
    this.#beatAt = this.#clock.now();
    this.#heartbeat.start();
  }

  /** The heart beats through the whole drain. @internal */
  onApplicationShutdown(): void {
    this.#heartbeat.stop();
    this.#beatAt = undefined;
  }

  #beat(): void {
    this.#lastStallMs = this.#overdueMs();
    this.#beatAt = this.#clock.now();
    if (this.#lastStallMs <= this.#maxStallMs) return;
    this.#logger.error(`The event loop was held for ${formatDuration(this.#lastStallMs)}.`);
  }

  #overdueMs(): number {
    if (this.#beatAt === undefined) return 0;
    return this.#clock.now() - this.#beatAt - HEARTBEAT_MS;
  }
}
