import { CounterCell, GaugeCell } from './cells.js';
import { HistogramCell } from './histogram-cell.js';
import { HistogramLayout } from './histogram-layout.js';
import type { ExpositionFormat } from './exposition-format.js';
import {
  OPEN,
  type LabelDomain,
  type LabelValues,
  type MetricDefinition,
} from './metric-definition.js';

/** Takes the place of names beyond the limit. */
export const OTHER = '_OTHER';

/** A cell with the labels it was bound to, as they are written. */
export interface Series<Cell> {
  /** `resource="cache",operation="get"`; empty for a metric without labels. */
  readonly labels: string;
  readonly cell: Cell;
  /** What is written before each of its numbers: made once for each format, when it is written first. */
  readonly prefixes: { [Format in ExpositionFormat]?: readonly string[] };
}

/** What bounds a {@link Metric}. */
export interface MetricLimits {
  /** Sets of names that open labels may take; further ones share one series under `_OTHER`. */
  readonly maxLabelSets: number;
  /** Told about each binding beyond the limit. */
  readonly onOverflow: (metric: string) => void;
}

/**
 * A metric and its series. A series is bound once and then counts without looking anything up; binding the same labels
 * again gives the same cell.
 */
export abstract class Metric<Label extends string, Cell> {
  readonly definition: MetricDefinition<Label>;
  readonly #limits: MetricLimits;
  readonly #labels: readonly (readonly [Label, LabelDomain])[];
  readonly #open: readonly Label[];
  readonly #series = new Map<string, Series<Cell>>();
  readonly #openSets = new Set<string>();

  constructor(definition: MetricDefinition<Label>, limits: MetricLimits) {
    this.definition = definition;
    this.#limits = limits;
    this.#labels = Object.entries(definition.labels) as [Label, LabelDomain][];
    this.#open = this.#labels.flatMap(([label, domain]) => (domain === OPEN ? [label] : []));
  }

  /**
   * The series of these labels; that of `_OTHER` when the metric has too many already.
   * @throws RangeError when the value of a closed label is not in its list
   */
  bind(labels: LabelValues<Label>): Cell {
    const known = this.#series.get(this.#write(labels));
    if (known) return known.cell;
    this.#assertClosed(labels);
    const written = this.#write(this.#admit(labels));
    let series = this.#series.get(written);
    if (!series) {
      series = { labels: written, cell: this.createCell(), prefixes: {} };
      this.#series.set(written, series);
    }
    return series.cell;
  }

  /** The series in the order in which they were bound. */
  series(): Iterable<Series<Cell>> {
    return this.#series.values();
  }

  protected abstract createCell(): Cell;

  #assertClosed(labels: LabelValues<Label>): void {
    for (const [label, domain] of this.#labels) {
      if (domain === OPEN || domain.includes(labels[label])) continue;
      throw new RangeError(
        `${this.definition.name} has no ${label}="${labels[label]}"; it is one of ${domain.join(', ')}.`,
      );
    }
  }

  #admit(labels: LabelValues<Label>): LabelValues<Label> {
    const open = this.#open;
    if (open.every((label) => labels[label] === OTHER)) return labels;
    const key = JSON.stringify(open.map((label) => labels[label]));
    if (this.#openSets.has(key)) return labels;
    if (this.#openSets.size < this.#limits.maxLabelSets) {
      this.#openSets.add(key);
      return labels;
    }
    this.#limits.onOverflow(this.definition.name);
    return { ...labels, ...Object.fromEntries(open.map((label) => [label, OTHER])) };
  }

  #write(labels: LabelValues<Label>): string {
    return this.#labels.map(([label]) => `${label}="${escapeLabelValue(labels[label])}"`).join(',');
  }
}

/** A number that only grows. */
export class Counter<Label extends string = string> extends Metric<Label, CounterCell> {
  protected createCell(): CounterCell {
    return new CounterCell();
  }
}

/** A number that goes up and down. */
export class Gauge<Label extends string = string> extends Metric<Label, GaugeCell> {
  protected createCell(): GaugeCell {
    return new GaugeCell();
  }
}

/** How values are spread over buckets. */
export class Histogram<Label extends string = string> extends Metric<Label, HistogramCell> {
  /** How the values are divided; the same for all series. */
  readonly layout: HistogramLayout;

  /** @throws RangeError when the definition has no buckets that are positive, finite and ascending */
  constructor(definition: MetricDefinition<Label>, limits: MetricLimits) {
    super(definition, limits);
    this.layout = new HistogramLayout(definition.buckets ?? []);
  }

  protected createCell(): HistogramCell {
    return new HistogramCell(this.layout);
  }
}

function escapeLabelValue(value: string): string {
  return value.replace(/\\/g, '\\\\').replace(/"/g, '\\"').replace(/\n/g, '\\n');
}
