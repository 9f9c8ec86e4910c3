import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { getHeapStatistics } from 'node:v8';
import type { Clock } from 'nestjs-mainstay/common';
import type { CounterCell, GaugeCell } from '../metrics/cells.js';
import type { MetricDefinition } from '../metrics/metric-definition.js';
import type { MetricRegistry } from '../metrics/metric-registry.js';
import * as metrics from '../metrics/process-metrics.js';
import { GarbageCollection } from './garbage-collection.js';
import { residentMemory } from './resident-memory.js';
import { SystemUsage, type SystemSample } from './system-usage.js';

/** Resolution of the measurement of the event loop, in milliseconds; finer ones cost measurable CPU time. */
const RESOLUTION_MS = 100;

/** What the process used when it was sampled last. */
export interface UsageSample extends SystemSample {
  readonly rssBytes: number;
  readonly heapUsedBytes: number;
  readonly heapTotalBytes: number;
  /** What the heap may reach before the process ends for lack of memory. */
  readonly heapLimitBytes: number;
  readonly externalBytes: number;
  /** Share of one core since the sample before, e.g. 0.5; in the first sample since the measurements were set up. */
  readonly cpuShare: number;
  /** Share of the time since the sample before in which the event loop was at work, e.g. 0.5. */
  readonly eventLoopUtilization: number;
  /** Share of the time since the sample before that garbage collections took, e.g. 0.02. */
  readonly gcShare: number;
  readonly eventLoopDelayMs: Readonly<Record<'mean' | 'p50' | 'p99' | 'max', number>>;
}

type ProcessSample = Omit<UsageSample, keyof SystemSample>;

/** Resource usage of the process: sampled in the background, so that a scrape only reads. */
export class ResourceUsage {
  readonly #clock: Clock;
  readonly #metrics: MetricRegistry;
  readonly #system: SystemUsage;
  readonly #delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  readonly #collections: GarbageCollection;
  #utilization = performance.eventLoopUtilization();
  #cpu = process.cpuUsage();
  #sampledAt: number;
  readonly #shown = new Set<string>();
  #process: ProcessSample | undefined;
  #last: UsageSample | undefined;

  /** @param system where the limits of the process are read; another one is for tests */
  constructor(metricRegistry: MetricRegistry, clock: Clock, system = new SystemUsage()) {
    this.#metrics = metricRegistry;
    this.#clock = clock;
    this.#system = system;
    this.#sampledAt = clock.now();
    this.#collections = new GarbageCollection(metricRegistry);
    // The counters count from the start of the process, the shares from here on.
    this.#countCpu(this.#cpu.user / 1_000_000, this.#cpu.system / 1_000_000);
    const startedAtMs = clock.wallTime() - process.uptime() * 1_000;
    this.#gauge(metrics.PROCESS_START_TIME).set(startedAtMs / 1_000);
    metricRegistry.gauge(metrics.NODEJS_VERSION).bind({ version: process.version }).set(1);
  }

  /** Begins to measure the event loop and the garbage collections. */
  start(): void {
    this.#delays.enable();
    this.#collections.start();
    void this.sample();
  }

  /** Ends the measurements. */
  stop(): void {
    this.#delays.disable();
    this.#collections.stop();
  }

  /** The last sample; `undefined` before the first. */
  get last(): UsageSample | undefined {
    return this.#last;
  }

  /**
   * Takes a sample and updates the metrics; what the system says of the process follows, since to read it is I/O.
   * @returns when that has arrived, too; never rejects
   */
  async sample(): Promise<void> {
    const sample = this.#sampleProcess();
    this.#process = sample;
    this.#last = { ...sample, ...this.#system.last };
    this.#publish(sample);
    await this.#system.read();
    const system = this.#system.last;
    // Where reading took longer than until the next sample, that one.
    this.#last = { ...this.#process, ...system };
    this.#publishSystem(system);
  }

  #sampleProcess(): ProcessSample {
    const heap = getHeapStatistics();
    const elapsedMs = this.#clock.now() - this.#sampledAt;
    this.#sampledAt += elapsedMs;
    return {
      rssBytes: residentMemory(this.#process?.rssBytes),
      heapUsedBytes: heap.used_heap_size,
      heapTotalBytes: heap.total_heap_size,
      heapLimitBytes: heap.heap_size_limit,
      externalBytes: heap.external_memory,
      cpuShare: shareOf(this.#sampleCpuMs(), elapsedMs),
      gcShare: Math.min(1, shareOf(this.#collections.takeMs(), elapsedMs)),
      eventLoopUtilization: this.#sampleUtilization(),
      eventLoopDelayMs: this.#sampleEventLoop(),
    };
  }

  #sampleCpuMs(): number {
    const cpu = process.cpuUsage();
    const user = (cpu.user - this.#cpu.user) / 1_000_000;
    const system = (cpu.system - this.#cpu.system) / 1_000_000;
    this.#countCpu(user, system);
    this.#cpu = cpu;
    return (user + system) * 1_000;
  }

  #countCpu(user: number, system: number): void {
    this.#counter(metrics.PROCESS_CPU_USER).increment(user);
    this.#counter(metrics.PROCESS_CPU_SYSTEM).increment(system);
    this.#counter(metrics.PROCESS_CPU).increment(user + system);
  }

  #sampleUtilization(): number {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, this.#utilization);
    this.#utilization = now;
    return utilization;
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

  #publish(sample: ProcessSample): void {
    this.#gauge(metrics.PROCESS_RESIDENT_MEMORY).set(sample.rssBytes);
    this.#gauge(metrics.HEAP_TOTAL).set(sample.heapTotalBytes);
    this.#gauge(metrics.HEAP_USED).set(sample.heapUsedBytes);
    this.#gauge(metrics.HEAP_LIMIT).set(sample.heapLimitBytes);
    this.#gauge(metrics.EXTERNAL_MEMORY).set(sample.externalBytes);
    this.#gauge(metrics.EVENT_LOOP_UTILIZATION).set(sample.eventLoopUtilization);
    this.#gauge(metrics.GC_SHARE).set(sample.gcShare);
    const { mean, p50, p99, max } = sample.eventLoopDelayMs;
    this.#gauge(metrics.EVENT_LOOP_LAG_MEAN).set(mean / 1_000);
    this.#gauge(metrics.EVENT_LOOP_LAG_P50).set(p50 / 1_000);
    this.#gauge(metrics.EVENT_LOOP_LAG_P99).set(p99 / 1_000);
    this.#gauge(metrics.EVENT_LOOP_LAG_MAX).set(max / 1_000);
  }

  #publishSystem({ memoryLimitBytes, openDescriptors, maxDescriptors }: SystemSample): void {
    this.#show(metrics.PROCESS_MEMORY_LIMIT, memoryLimitBytes);
    this.#show(metrics.PROCESS_OPEN_FDS, openDescriptors);
    this.#show(metrics.PROCESS_MAX_FDS, maxDescriptors);
  }

  /** What the system does not tell has no series, or no number any more: 0 would be wrong. */
  #show(definition: MetricDefinition<never>, value: number | undefined): void {
    if (value !== undefined) this.#shown.add(definition.name);
    if (this.#shown.has(definition.name)) this.#gauge(definition).set(value ?? NaN);
  }

  #gauge(definition: MetricDefinition<never>): GaugeCell {
    return this.#metrics.gauge(definition).bind({});
  }

  #counter(definition: MetricDefinition<never>): CounterCell {
    return this.#metrics.counter(definition).bind({});
  }
}

function shareOf(partMs: number, wholeMs: number): number {
  return wholeMs > 0 ? partMs / wholeMs : 0;
}
