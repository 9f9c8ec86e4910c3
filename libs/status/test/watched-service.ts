import type { PipelineOptions } from 'nestjs-mainstay/resilience';
import {
  Operations,
  Resource,
  ResourceRegistry,
  type BindOptions,
  type BoundOperation,
  type ProbeResult,
} from 'nestjs-mainstay/resource';
import type { FakeClock } from 'nestjs-mainstay/testing';
import { publishHealth } from '../src/health/health-metrics.js';
import { HealthMonitor } from '../src/health/health-monitor.js';
import type { HealthState } from '../src/health/health-state.js';
import type { Incident } from '../src/health/incident.js';
import { IncidentLog } from '../src/health/incident-log.js';
import { writeExposition } from '../src/metrics/exposition.js';
import { MetricRegistry } from '../src/metrics/metric-registry.js';
import { ErrorMonitor } from '../src/monitors/error-monitor.js';
import { PerformanceMonitor } from '../src/monitors/performance-monitor.js';
import { ResourceUsage } from '../src/monitors/resource-usage.js';
import { StatusLogger } from '../src/status-logger.js';
import { StatusManager } from '../src/status.service.js';

export const INTERVAL_MS = 5_000;
const NONE: PipelineOptions = {
  tryTimeoutMs: 1_000,
  totalTimeoutMs: false,
  retry: false,
  breaker: false,
  limiter: false,
};

export function refused(): Error {
  return Object.assign(new Error('connect ECONNREFUSED redis://u:hunter2@partner'), {
    code: 'ECONNREFUSED',
  });
}

export type Behaviour = 'answers' | 'refuses' | 'hangs' | 'read-only';

/** A probe, and what it found. */
export interface EndedProbe {
  readonly at: number;
  readonly passed: boolean;
  readonly found: 'reachable' | 'impaired' | 'unreachable';
}

/** Something that a service depends on, with the times at which it was asked. */
export class Partner extends Resource {
  readonly name: string;
  override readonly hasFallback: boolean;
  behaviour: Behaviour = 'answers';
  readonly probes: EndedProbe[] = [];
  /** Answers and refusals that calls met. */
  readonly answers: { readonly at: number; readonly passed: boolean }[] = [];
  running = 0;
  mostRunning = 0;

  constructor(
    readonly clock: FakeClock,
    { name = 'partner', hasFallback = false } = {},
  ) {
    super();
    this.name = name;
    this.hasFallback = hasFallback;
  }

  protected steps() {
    return [];
  }

  async probe(signal: AbortSignal): Promise<ProbeResult> {
    const at = this.clock.now();
    this.mostRunning = Math.max(this.mostRunning, ++this.running);
    let found: EndedProbe['found'] = 'unreachable';
    try {
      const capabilities = { read: await this.#answer('read', signal), write: true };
      capabilities.write = this.behaviour !== 'read-only';
      found = capabilities.write ? 'reachable' : 'impaired';
      return { capabilities };
    } finally {
      this.running--;
      this.probes.push({ at, passed: found === 'reachable', found });
    }
  }

  async call(kind: 'read' | 'write', signal?: AbortSignal): Promise<boolean> {
    const at = this.clock.now();
    try {
      const answer = await this.#answer(kind, signal);
      this.answers.push({ at, passed: true });
      return answer;
    } catch (error) {
      this.answers.push({ at, passed: false });
      throw error;
    }
  }

  async close() {}

  async #answer(kind: 'read' | 'write', signal: AbortSignal | undefined): Promise<boolean> {
    switch (this.behaviour) {
      case 'refuses':
        throw refused();
      case 'hangs':
        return new Promise((_resolve, reject) => {
          signal?.addEventListener('abort', () => reject(refused()));
        });
      case 'read-only':
        if (kind === 'read') return true;
        throw Object.assign(new Error('read-only'), { code: 'EROFS' });
      default:
        return true;
    }
  }
}

/** What is recorded, watched and logged of a service, on a clock that a test moves. */
export class WatchedService {
  readonly clock: FakeClock;
  readonly metrics = new MetricRegistry();
  readonly registry = new ResourceRegistry();
  readonly incidents: IncidentLog;
  readonly status: StatusManager;
  readonly operations: Operations;
  readonly monitor: HealthMonitor;
  readonly #pending = new Set<Promise<unknown>>();

  constructor(clock: FakeClock, { intervalMs = INTERVAL_MS } = {}) {
    this.clock = clock;
    const { metrics, registry } = this;
    const logger = new StatusLogger(clock);
    const performance = new PerformanceMonitor(metrics, new ResourceUsage(metrics, clock));
    const errors = new ErrorMonitor(metrics, logger, clock);
    const incidents = new IncidentLog(clock);
    const shared = { clock, performance, errors, incidents, logger };
    this.incidents = incidents;
    this.status = new StatusManager({ ...shared, metrics, maxOperations: 200 });
    this.operations = new Operations(clock, this.status);
    this.monitor = new HealthMonitor({
      ...shared,
      registry,
      probes: { intervalMs, timeoutMs: 1_000 },
      breakerOf: (resource) => this.operations.find(resource)?.breaker,
    });
    publishHealth(metrics, this.monitor);
  }

  register(resource: Resource) {
    return this.registry.register(resource, () => this.operations.find(resource.name)?.status());
  }

  /** Registers what is initialised at once. */
  ready(resource: Resource) {
    const entry = this.register(resource);
    entry.beginInitialization([]);
    entry.enter('ready');
    return entry;
  }

  bind(
    { name }: Resource,
    operation: string,
    options: BindOptions = {},
    pipeline: PipelineOptions = {},
  ): BoundOperation {
    return this.operations.of({ name }, { ...NONE, ...pipeline }).bind(operation, options);
  }

  /** Begins a call; what it comes to is recorded. */
  call(operation: BoundOperation, partner: Partner, kind: 'read' | 'write' = 'read'): void {
    const work = (_: undefined, { signal }: { signal: AbortSignal }) => partner.call(kind, signal);
    const ended = operation.run(work, undefined).catch(() => undefined);
    this.#pending.add(ended);
    void ended.finally(() => this.#pending.delete(ended));
  }

  /** Calls every 100 ms until a time, and samples as the StatusManager does. */
  async until(at: number, call: () => void = () => undefined): Promise<void> {
    while (this.clock.now() < at) {
      call();
      await this.clock.advance(Math.min(100, at - this.clock.now()));
      if (this.clock.now() % INTERVAL_MS === 0) this.status.errors.sample();
    }
  }

  state(name = 'partner'): HealthState | undefined {
    return this.monitor.get(name)?.state;
  }

  /** The only incident. */
  incident(): Incident {
    const [incident, ...more] = this.incidents.all();
    if (!incident || more.length > 0) {
      throw new Error(`There are ${this.incidents.all().length} incidents, not one.`);
    }
    return incident;
  }

  /** A time of the clock as wall time. */
  wall(at: number): number {
    return this.clock.wallTime() - this.clock.now() + at;
  }

  async metric(start: string): Promise<string[]> {
    const parts = await writeExposition(this.metrics.collect(), 'prometheus', this.clock);
    const text = Buffer.concat(parts).toString();
    return text.split('\n').filter((line) => line.startsWith(start));
  }
}
