import type { Series } from '../metrics/metric.js';

/** The labels of a series, by name. */
export type SeriesLabels = Readonly<Record<string, string>>;

const LABEL = /([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"/g;
const known = new WeakMap<Series<unknown>, SeriesLabels>();

/** The labels of a series as an object, for who does not take them written; parsed once for each series. */
export function labelsOf(series: Series<unknown>): SeriesLabels {
  let labels = known.get(series);
  if (!labels) {
    labels = parseLabels(series.labels);
    known.set(series, labels);
  }
  return labels;
}

function parseLabels(written: string): SeriesLabels {
  const labels: Record<string, string> = {};
  for (const [, name = '', value = ''] of written.matchAll(LABEL)) labels[name] = unescape(value);
  return Object.freeze(labels);
}

function unescape(value: string): string {
  return value.replace(/\\(.)/g, (_, escaped: string) => (escaped === 'n' ? '\n' : escaped));
}
