/** A metric of a scrape with its series. */
export interface ExposedMetric {
  readonly name: string;
  readonly type: string;
  readonly series: readonly ExposedSeries[];
}

/** One line of a scrape. */
export interface ExposedSeries {
  /** The name of the line: that of the metric, or with `_bucket`, `_sum`, `_count` behind it. */
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const LINE = /^(?<name>[a-zA-Z_:][\w:]*)(?:\{(?<labels>.*)\})? (?<value>\S+)$/;
const LABEL = /([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"/g;

/** Reads Prometheus's text format. @throws when a line is none of it, or comes before its `# TYPE` */
export function parseExposition(text: string): readonly ExposedMetric[] {
  const metrics: { name: string; type: string; series: ExposedSeries[] }[] = [];
  for (const line of text.split('\n')) {
    const [, name, type] = /^# TYPE (\S+) (\S+)$/.exec(line) ?? [];
    if (name !== undefined && type !== undefined) metrics.push({ name, type, series: [] });
    if (line === '' || line.startsWith('#')) continue;
    const series = parseLine(line);
    const metric = metrics.at(-1);
    if (!metric || !isOf(metric.name, series.name)) throw new Error(`No # TYPE before: ${line}`);
    metric.series.push(series);
  }
  return metrics;
}

function parseLine(line: string): ExposedSeries {
  const { name, labels = '', value } = LINE.exec(line)?.groups ?? {};
  if (name === undefined) throw new Error(`Not a line of a scrape: ${line}`);
  const pairs = [...labels.matchAll(LABEL)].map(([, key, written]) => [key, written]);
  return {
    name,
    labels: Object.fromEntries(pairs) as Record<string, string>,
    value: Number(value),
  };
}

function isOf(metric: string, line: string): boolean {
  return line === metric || /^_(?:bucket|sum|count)$/.test(line.slice(metric.length));
}

/** The sum over the series of a metric that have these labels; `undefined` when there is none. */
export function valueOf(
  metrics: readonly ExposedMetric[],
  name: string,
  labels: Readonly<Record<string, string>>,
): number | undefined {
  const series = metrics
    .flatMap((metric) => metric.series)
    .filter((one) => one.name === name)
    .filter((one) => Object.entries(labels).every(([key, value]) => one.labels[key] === value));
  return series.length === 0 ? undefined : series.reduce((sum, { value }) => sum + value, 0);
}
