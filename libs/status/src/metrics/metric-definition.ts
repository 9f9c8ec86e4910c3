/** What a metric measures, in the terms of Prometheus. */
export type MetricType = 'counter' | 'gauge' | 'histogram';

/** A label that takes names which the application chooses; the number of such names is bounded. */
export const OPEN = 'open';

/** The values of a label: a closed list, or {@link OPEN}. Never keys, paths, SQL, tenants or messages. */
export type LabelDomain = typeof OPEN | readonly string[];

/** One metric as it appears in `/metrics` and in docs/telemetry.md. */
export interface MetricDefinition<Label extends string = string> {
  /** The full name, as Prometheus shows it. */
  readonly name: string;
  readonly type: MetricType;
  /** One sentence for people. */
  readonly help: string;
  /** The base unit; the name then ends with it, before `_total`. */
  readonly unit?: 'seconds' | 'bytes';
  /** The labels, in the order in which they are written. */
  readonly labels: Readonly<Record<Label, LabelDomain>>;
  /** Upper bounds of the buckets of a histogram, ascending. */
  readonly buckets?: readonly number[];
}

/** A value for each label of a metric. */
export type LabelValues<Label extends string> = Readonly<Record<Label, string>>;

/** Declares a metric; its labels are then checked by the compiler wherever it is bound. */
export function defineMetric<Label extends string = never>(
  definition: MetricDefinition<Label>,
): MetricDefinition<Label> {
  return definition;
}
