import type { BeforeApplicationShutdown, OnApplicationBootstrap } from '@nestjs/common';
import type { Clock } from 'nestjs-mainstay/common';
import type { HealthMonitor } from '../health/health-monitor.js';
import type { ResourceHealth } from '../health/health-state.js';
import { SAMPLE_INTERVAL_MS } from '../monitors/sampling.js';
import { Repeater } from '../repeater.js';
import type { StatusManager } from '../status.service.js';
import { ProcessHistory, type ProcessHistoryReport } from './process-history.js';
import { ResourceHistory, type ResourceHistoryReport } from './resource-history.js';
import { HISTORY_POINTS, TimeAxis } from './time-axis.js';

/** What a {@link StatusHistory} works with. */
export interface StatusHistoryParts {
  readonly clock: Clock;
  readonly status: Pick<StatusManager, 'operations' | 'performance'>;
  readonly health: Pick<HealthMonitor, 'all'>;
}

/** The last ten minutes, for small charts. All arrays are as long as `at`, and none has more than 120 points. */
export interface HistoryReport {
  readonly intervalMs: number;
  /** Wall time of each point in milliseconds, oldest first; `null` for one that was missed. */
  readonly at: readonly (number | null)[];
  readonly process: ProcessHistoryReport;
  readonly resources: Readonly<Record<string, ResourceHistoryReport>>;
}

/**
 * The last ten minutes at a point each 5 s: of the process, and of each resource. Memory is fixed: 2.9 kB once, and what
 * {@link ResourceHistory} takes for each resource.
 */
export class StatusHistory implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #parts: StatusHistoryParts;
  readonly #axis = new TimeAxis();
  readonly #process = new ProcessHistory();
  readonly #resources = new Map<string, ResourceHistory>();
  readonly #sampling: Repeater;
  #sampledAt: number;

  constructor(parts: StatusHistoryParts) {
    this.#parts = parts;
    this.#sampledAt = parts.clock.now();
    this.#sampling = new Repeater(parts.clock, SAMPLE_INTERVAL_MS, () => this.sample());
  }

  /** @internal */
  onApplicationBootstrap(): void {
    this.#sampledAt = this.#parts.clock.now();
    for (const { name } of this.#addUp()) this.#of(name).leaveOut();
    this.#sampling.start();
  }

  /** @internal */
  beforeApplicationShutdown(): void {
    this.#sampling.stop();
  }

  /** Adds a point, after those that were missed while the process stood still. */
  sample(): void {
    const { clock, status } = this.#parts;
    const elapsedMs = clock.now() - this.#sampledAt;
    this.#sampledAt += elapsedMs;
    const due = Math.round(elapsedMs / SAMPLE_INTERVAL_MS);
    for (let missed = Math.min(due - 1, HISTORY_POINTS); missed > 0; missed--) this.#skip();
    const slot = this.#axis.push(clock.wallTime());
    this.#process.record(slot, status.performance.usage.last);
    this.#recordResources(slot, elapsedMs);
  }

  /** What is kept, as compact arrays. */
  report(): HistoryReport {
    const axis = this.#axis;
    const resources = [...this.#resources].map(([name, one]) => [name, one.report(axis)] as const);
    return {
      intervalMs: SAMPLE_INTERVAL_MS,
      at: axis.times(),
      process: this.#process.report(axis),
      resources: Object.fromEntries(resources),
    };
  }

  #skip(): void {
    const slot = this.#axis.push(NaN);
    this.#process.record(slot);
    for (const resource of this.#resources.values()) resource.skip(slot);
  }

  #recordResources(slot: number, elapsedMs: number): void {
    for (const { name, state } of this.#addUp()) this.#of(name).record(slot, elapsedMs, state);
  }

  /** Adds up the operations of each resource. @returns the resources */
  #addUp(): readonly ResourceHealth[] {
    const { status, health } = this.#parts;
    const known = health.all();
    for (const { name } of known) this.#of(name).begin();
    for (const { resource, times } of status.operations())
      this.#resources.get(resource)?.add(times);
    return known;
  }

  #of(name: string): ResourceHistory {
    let history = this.#resources.get(name);
    if (!history) {
      history = new ResourceHistory();
      this.#resources.set(name, history);
    }
    return history;
  }
}
