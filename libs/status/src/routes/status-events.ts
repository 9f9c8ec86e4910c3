import type { ServerResponse } from 'node:http';
import { Logger } from '@nestjs/common';
import { redactError, type Clock } from 'nestjs-mainstay/common';
import type { Operations } from 'nestjs-mainstay/resource';
import type { HealthMonitor } from '../health/health-monitor.js';
import { judgeReadiness } from '../health/readiness.js';
import { Repeater } from '../repeater.js';
import type { GracefulShutdown } from '../shutdown/graceful-shutdown.js';
import { EventClient } from './event-client.js';
import type { StatusReporter } from './status-report.js';

/** Time between two looks for a change, in milliseconds. Some changes are only seen by who looks: what is stale. */
const LOOK_INTERVAL_MS = 250;

/** Time after which a report is sent without a change, in milliseconds. */
const REPORT_INTERVAL_MS = 5_000;

/** How long a client may leave an event untaken before it is dropped, in milliseconds. */
const PATIENCE_MS = 15_000;

/** What {@link StatusEvents} works with. */
export interface StatusEventsParts {
  readonly clock: Clock;
  readonly health: Pick<HealthMonitor, 'all' | 'isCriticalDown'>;
  readonly operations: Pick<Operations, 'all'>;
  readonly reporter: Pick<StatusReporter, 'current' | 'state'>;
  readonly shutdown: Pick<GracefulShutdown, 'onDrain' | 'isDraining' | 'hasStarted'>;
  readonly maxClients: number;
}

/**
 * Tells its clients how the application is: at once, at each change of health, of a breaker or of readiness, and every
 * 5 s. Every event is a whole report of the moment, so that none has to be sent again; the history is in `/status.json` alone.
 * Nothing runs while nobody listens.
 */
export class StatusEvents {
  readonly #logger = new Logger('StatusEvents');
  readonly #parts: StatusEventsParts;
  readonly #clients = new Set<EventClient>();
  readonly #looking: Repeater;
  #seen = '';
  #reportedAt = 0;

  constructor(parts: StatusEventsParts) {
    this.#parts = parts;
    this.#looking = new Repeater(parts.clock, LOOK_INTERVAL_MS, () => this.#look());
    parts.shutdown.onDrain(() => this.#end());
  }

  /** Whether another client is taken: neither when there are too many, nor on the way out. */
  get isOpen(): boolean {
    return this.#clients.size < this.#parts.maxClients && !this.#parts.shutdown.isDraining;
  }

  /**
   * Takes a client and sends it the first report.
   * @param take gives its response, once the report is there: an error before is answered like any other
   * @throws what the report throws
   */
  add(take: () => ServerResponse, showsDetails: boolean): void {
    const event = this.#event(showsDetails);
    const response = take();
    if (response.destroyed || response.headersSent) return;
    const { clock } = this.#parts;
    const client = new EventClient(response, clock, showsDetails, () => this.#remove(client));
    if (this.#clients.size === 0) this.#begin();
    this.#clients.add(client);
    client.open();
    client.send(event);
  }

  #begin(): void {
    this.#seen = this.#fingerprint();
    this.#reportedAt = this.#parts.clock.now();
    this.#looking.start();
  }

  #remove(client: EventClient): void {
    this.#clients.delete(client);
    if (this.#clients.size === 0) this.#looking.stop();
  }

  #look(): void {
    for (const client of this.#clients) if (client.blockedMs >= PATIENCE_MS) client.drop();
    const now = this.#parts.clock.now();
    const fingerprint = this.#fingerprint();
    if (fingerprint === this.#seen && now - this.#reportedAt < REPORT_INTERVAL_MS) return;
    this.#seen = fingerprint;
    this.#reportedAt = now;
    this.#tellAll((client, event) => client.send(event));
  }

  #end(): void {
    this.#tellAll((client, event) => client.end(event));
  }

  /** An error here would end the process, or hold the shutdown: it ends the streams. Who comes again hears 500. */
  #tellAll(tell: (client: EventClient, event: string) => void): void {
    try {
      this.#forEach(tell);
    } catch (error) {
      const { message, stack } = redactError(error);
      this.#logger.error(`The report cannot be written, its streams end: ${message}`, stack);
      for (const client of this.#clients) client.drop();
    }
  }

  /** Writes each kind of report once, however many clients there are. */
  #forEach(tell: (client: EventClient, event: string) => void): void {
    const events = new Map<boolean, string>();
    for (const client of this.#clients) {
      const event = events.get(client.showsDetails) ?? this.#event(client.showsDetails);
      events.set(client.showsDetails, event);
      tell(client, event);
    }
  }

  #event(showsDetails: boolean): string {
    const { reporter } = this.#parts;
    const report = showsDetails ? reporter.current() : { state: reporter.state() };
    return `event: status\ndata: ${JSON.stringify(report)}\n\n`;
  }

  #fingerprint(): string {
    const { health, operations, shutdown } = this.#parts;
    // Also of what is no resource and has no health.
    const breakers = operations.all().map(({ breaker }) => breaker?.state);
    const states = health.all().map(({ name, state, circuit }) => [name, state, circuit]);
    return JSON.stringify([judgeReadiness(shutdown, health), states, breakers]);
  }
}
