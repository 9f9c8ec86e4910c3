import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Clock } from 'nestjs-mainstay/common';
import type { CounterCell, GaugeCell } from '../metrics/cells.js';
import type { MetricDefinition } from '../metrics/metric-definition.js';
import type { MetricRegistry } from '../metrics/metric-registry.js';
import * as metrics from '../metrics/process-metrics.js';

/** Resolution of the measurement of the event loop, in milliseconds; finer ones cost measurable CPU time. */
const RESOLUTION_MS = 100;

/** What the process used when it was sampled last. */
export interface UsageSample {
  readonly rssBytes: number;
  readonly heapUsedBytes: number;
  readonly heapTotalBytes: number;
  readonly externalBytes: number;
  /** Share of one core since the sample before, e.g. 0.5. */
  readonly cpuShare: number;
  readonly eventLoopDelayMs: Readonly<Record<'mean' | 'p50' | 'p99' | 'max', number>>;
}

/** Resource usage of the process: sampled in the background, so that a scrape only reads. */
export class ResourceUsage {
  readonly #clock: Clock;
  readonly #metrics: MetricRegistry;
  readonly #delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  #cpu: NodeJS.CpuUsage = { user: 0, system: 0 };
  #sampledAt: number;
  #last: UsageSample | undefined;

  constructor(metricRegistry: MetricRegistry, clock: Clock) {
    this.#metrics = metricRegistry;
    this.#clock = clock;
    this.#sampledAt = clock.now();
    const startedAtMs = clock.wallTime() - process.uptime() * 1_000;
    this.#gauge(metrics.PROCESS_START_TIME).set(startedAtMs / 1_000);
    metricRegistry.gauge(metrics.NODEJS_VERSION).bind({ version: process.version }).set(1);
  }

  /** Begins to measure the event loop. */
  start(): void {
    this.#delays.enable();
    this.sample();
  }

  /** Ends the measurement of the event loop. */
  stop(): void {
    this.#delays.disable();
  }

  /** The last sample; `undefined` before the first. */
  get last(): UsageSample | undefined {
    return this.#last;
  }

  /** Takes a sample and updates the metrics. */
  sample(): void {
    const memory = process.memoryUsage();
    this.#last = {
      rssBytes: memory.rss,
      heapUsedBytes: memory.heapUsed,
      heapTotalBytes: memory.heapTotal,
      externalBytes: memory.external,
      cpuShare: this.#sampleCpu(),
      eventLoopDelayMs: this.#sampleEventLoop(),
    };
    this.#publish(this.#last);
  }

  #sampleCpu(): number {
    const cpu = process.cpuUsage();
    const user = (cpu.user - this.#cpu.user) / 1_000_000;
    const system = (cpu.system - this.#cpu.system) / 1_000_000;
    this.#counter(metrics.PROCESS_CPU_USER).increment(user);
    this.#counter(metrics.PROCESS_CPU_SYSTEM).increment(system);
    this.#counter(metrics.PROCESS_CPU).increment(user + system);
    const elapsedMs = this.#clock.now() - this.#sampledAt;
    this.#cpu = cpu;
    this.#sampledAt += elapsedMs;
    return elapsedMs > 0 ? ((user + system) * 1_000) / elapsedMs : 0;
  }

  #sampleEventLoop(): UsageSample['eventLoopDelayMs'] {
    const delays = this.#delays;
    const toDelayMs = (ns: number): number => Math.max(0, ns / 1_000_000 - RESOLUTION_MS);
    const sample =
      delays.count === 0
        ? { mean: 0, p50: 0, p99: 0, max: 0 }
        : {
            mean: toDelayMs(delays.mean),
            p50: toDelayMs(delays.percentile(50)),
            p99: toDelayMs(delays.percentile(99)),
            max: toDelayMs(delays.max),
          };
    delays.reset();
    return sample;
  }

  #publish(sample: UsageSample): void {
    this.#gauge(metrics.PROCESS_RESIDENT_MEMORY).set(sample.rssBytes);
    this.#gauge(metrics.HEAP_TOTAL).set(sample.heapTotalBytes);
    this.#gauge(metrics.HEAP_USED).set(sample.heapUsedBytes);
    this.#gauge(metrics.EXTERNAL_MEMORY).set(sample.externalBytes);
    const { mean, p50, p99, max } = sample.eventLoopDelayMs;
    this.#gauge(metrics.EVENT_LOOP_LAG_MEAN).set(mean / 1_000);
    this.#gauge(metrics.EVENT_LOOP_LAG_P50).set(p50 / 1_000);
    this.#gauge(metrics.EVENT_LOOP_LAG_P99).set(p99 / 1_000);
    this.#gauge(metrics.EVENT_LOOP_LAG_MAX).set(max / 1_000);
  }

  #gauge(definition: MetricDefinition<never>): GaugeCell {
    return this.#metrics.gauge(definition).bind({});
  }

  #counter(definition: MetricDefinition<never>): CounterCell {
    return this.#metrics.counter(definition).bind({});
  }
}
