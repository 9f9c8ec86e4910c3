import { ValueType, type Histogram, type Meter } from '@opentelemetry/api';
import type { Classification } from 'nestjs-mainstay/resilience';
import { TIME_BUCKETS } from '../../metrics/status-metrics.js';
import { ATTRIBUTES } from './attributes.js';
import type { OperationSubject } from './operation-subjects.js';

/**
 * The buckets that the conventions advise, in seconds.
 * @see https://opentelemetry.io/docs/specs/semconv/db/database-metrics/#metric-dbclientoperationduration
 */
const DATABASE_BUCKETS = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10];

/**
 * Times whole calls: those of databases as `db.client.operation.duration`, all others as `mainstay.operation.duration`.
 * As in `/metrics`, calls that were rejected or cancelled have no time: nobody was asked, or nobody waited.
 */
export class OperationDurations {
  readonly #ofDatabases: Histogram;
  readonly #ofOthers: Histogram;

  constructor(meter: Meter) {
    const inSeconds = { unit: 's', valueType: ValueType.DOUBLE };
    this.#ofDatabases = meter.createHistogram('db.client.operation.duration', {
      ...inSeconds,
      description: 'Duration of database client operations.',
      advice: { explicitBucketBoundaries: DATABASE_BUCKETS },
    });
    this.#ofOthers = meter.createHistogram('mainstay.operation.duration', {
      ...inSeconds,
      description: 'Duration of operations of resources that are no databases.',
      advice: { explicitBucketBoundaries: [...TIME_BUCKETS] },
    });
  }

  record(subject: OperationSubject, durationMs: number, error?: Classification): void {
    if (error?.kind === 'rejected' || error?.kind === 'cancelled') return;
    const { attributes } = subject;
    const histogram = subject.isDatabase ? this.#ofDatabases : this.#ofOthers;
    histogram.record(
      durationMs / 1_000,
      error ? { ...attributes, [ATTRIBUTES.errorType]: error.type } : attributes,
    );
  }
}
