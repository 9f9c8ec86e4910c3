import type { Clock } from 'nestjs-mainstay/common';
import type { HistogramCell } from './histogram-cell.js';
import { Histogram, type Series } from './metric.js';
import type { AnyMetric } from './metric-registry.js';
import type { MetricDefinition } from './metric-definition.js';

/** The two text formats that Prometheus reads. */
export type ExpositionFormat = 'prometheus' | 'openmetrics';

/** Time after which writing lets the event loop turn, in milliseconds. */
const SLICE_MS = 2;
/** Series between two looks at the clock. */
const SERIES_PER_CHECK = 16;

/** Content types of the formats. */
export const CONTENT_TYPES: Readonly<Record<ExpositionFormat, string>> = {
  prometheus: 'text/plain; version=0.0.4; charset=utf-8',
  openmetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
};

/** Writes metrics as text; lets the event loop turn every 2 ms, however many series there are. */
export async function writeExposition(
  metrics: readonly AnyMetric[],
  format: ExpositionFormat,
  clock: Clock,
): Promise<string> {
  let text = '';
  let sliceStartedAt = clock.now();
  let written = 0;
  for (const metric of metrics) {
    const { definition } = metric;
    const lines = metric instanceof Histogram ? bucketLabels(definition, format) : [];
    let head = writeHead(definition, format);
    for (const series of metric.series()) {
      text += head + writeSeries(definition, series, lines);
      head = '';
      if (++written % SERIES_PER_CHECK !== 0 || clock.now() - sliceStartedAt < SLICE_MS) continue;
      await clock.yield();
      sliceStartedAt = clock.now();
    }
  }
  return format === 'openmetrics' ? `${text}# EOF\n` : text;
}

function writeHead({ name, type, help, unit }: MetricDefinition, format: ExpositionFormat): string {
  if (format === 'prometheus')
    return `# HELP ${name} ${escapeHelp(help)}\n# TYPE ${name} ${type}\n`;
  const family = type === 'counter' ? name.replace(/_total$/, '') : name;
  const unitLine = unit === undefined ? '' : `# UNIT ${family} ${unit}\n`;
  return `# TYPE ${family} ${type}\n${unitLine}# HELP ${family} ${escapeHelp(help).replace(/"/g, '\\"')}\n`;
}

function writeSeries(
  { name }: MetricDefinition,
  { labels, cell }: Series<{ readonly value: number } | HistogramCell>,
  bounds: readonly string[],
): string {
  if ('value' in cell) return `${name}${labels && `{${labels}}`} ${writeNumber(cell.value)}\n`;
  const prefix = labels && `${labels},`;
  let text = '';
  const counts = cell.cumulated();
  for (const [bucket, bound] of bounds.entries()) {
    text += `${name}_bucket{${prefix}le="${bound}"} ${counts[bucket]}\n`;
  }
  const braces = labels && `{${labels}}`;
  return `${text}${name}_sum${braces} ${writeNumber(cell.sum)}\n${name}_count${braces} ${counts.at(-1)}\n`;
}

/** OpenMetrics writes whole bounds as `1.0`, the older format as `1`. */
function bucketLabels({ buckets = [] }: MetricDefinition, format: ExpositionFormat): string[] {
  const write = (bound: number): string =>
    format === 'openmetrics' && Number.isInteger(bound) ? `${bound}.0` : String(bound);
  return [...buckets.map(write), '+Inf'];
}

function writeNumber(value: number): string {
  if (value === Infinity) return '+Inf';
  return value === -Infinity ? '-Inf' : String(value);
}

function escapeHelp(help: string): string {
  return help.replace(/\\/g, '\\\\').replace(/\n/g, '\\n');
}
