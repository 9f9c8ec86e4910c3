import { CounterCell, GaugeCell } from './cells.js';
import { HistogramCell } from './histogram-cell.js';
import { HistogramLayout } from './histogram-layout.js';
import { OPEN, type LabelValues, type MetricDefinition } from './metric-definition.js';

/** Takes the place of names beyond the limit. */
export const OTHER = '_OTHER';

/** A cell with the labels it was bound to, as they are written. */
export interface Series<Cell> {
  /** `resource="cache",operation="get"`; empty for a metric without labels. */
  readonly labels: string;
  readonly cell: Cell;
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
  readonly #series = new Map<string, Series<Cell>>();
  readonly #openSets = new Set<string>();

  constructor(definition: MetricDefinition<Label>, limits: MetricLimits) {
    this.definition = definition;
    this.#limits = limits;
  }

  /** The series of these labels; that of `_OTHER` when the metric has too many already. */
  bind(labels: LabelValues<Label>): Cell {
    const admitted = this.#admit(labels);
    const written = this.#write(admitted);
    let series = this.#series.get(written);
    if (!series) {
      series = { labels: written, cell: this.createCell() };
      this.#series.set(written, series);
    }
    return series.cell;
  }

  /** The series in the order in which they were bound. */
  series(): Iterable<Series<Cell>> {
    return this.#series.values();
  }

  protected abstract createCell(): Cell;

  #admit(labels: LabelValues<Label>): LabelValues<Label> {
    const open = this.#labelNames().filter((label) => this.definition.labels[label] === OPEN);
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
    return this.#labelNames()
      .map((label) => `${label}="${escapeLabelValue(labels[label])}"`)
      .join(',');
  }

  #labelNames(): Label[] {
    return Object.keys(this.definition.labels) as Label[];
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
