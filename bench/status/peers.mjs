import { MeterProvider, MetricReader } from '@opentelemetry/sdk-metrics';
import { Counter, Histogram, Registry } from 'prom-client';

const BUCKETS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const NAMES = ['resource', 'operation', 'outcome'];

/** The same counter and histogram with prom-client. */
class PromClient {
  registry = new Registry();
  #counter = new Counter({
    name: 'operations_total',
    help: 'Calls that ended.',
    labelNames: NAMES,
    registers: [this.registry],
  });
  #histogram = new Histogram({
    name: 'operation_duration_seconds',
    help: 'Time of calls.',
    labelNames: NAMES,
    buckets: BUCKETS,
    registers: [this.registry],
  });

  /**
   * @param {Record<string, string>} labels
   * @param {number} seconds
   */
  record(labels, seconds) {
    this.#counter.inc(labels);
    this.#histogram.observe(labels, seconds);
  }
}

export const promClient = new PromClient();

/** A reader that somebody asks now and then; without one the SDK records nothing. */
class AskedReader extends MetricReader {
  async onForceFlush() {}
  async onShutdown() {}
}

/** The same counter and histogram with OpenTelemetry's SDK. */
export class OpenTelemetry {
  #provider = new MeterProvider({ readers: [new AskedReader()] });
  #meter = this.#provider.getMeter('bench');
  #counter = this.#meter.createCounter('operations');
  #histogram = this.#meter.createHistogram('operation.duration', {
    unit: 's',
    advice: { explicitBucketBoundaries: BUCKETS },
  });

  /**
   * @param {Record<string, string>} labels
   * @param {number} seconds
   */
  record(labels, seconds) {
    this.#counter.add(1, labels);
    this.#histogram.record(seconds, labels);
  }

  async stop() {
    await this.#provider.shutdown();
  }
}
