import type { Clock } from 'nestjs-mainstay/common';
import type { ExpositionFormat } from './exposition-format.js';
import type { HistogramCell } from './histogram-cell.js';
import type { Series } from './metric.js';
import type { MetricDefinition } from './metric-definition.js';
import type { AnyMetric } from './metric-registry.js';

/** Time after which writing lets the event loop turn, in milliseconds: with a collection of garbage it is held for less than 5. */
const SLICE_MS = 1;
/** Characters between two looks at the clock: they are encoded then, since to join many pieces late takes long, too. */
const PART_LENGTH = 8_192;

/**
 * Writes metrics as text; lets the event loop turn every 1 to 2 ms, however many series there are.
 * @returns the text in UTF-8, in parts: to encode or to copy it at once would hold the event loop
 */
export async function writeExposition(
  metrics: readonly AnyMetric[],
  format: ExpositionFormat,
  clock: Clock,
): Promise<readonly Buffer[]> {
  const parts: Buffer[] = [];
  let text = '';
  let sliceStartedAt = clock.now();
  for (const metric of metrics) {
    const { definition } = metric;
    let head = writeHead(definition, format);
    for (const series of metric.series()) {
      text += head + writeSeries(definition, series, format);
      head = '';
      if (text.length < PART_LENGTH) continue;
      parts.push(Buffer.from(text));
      text = '';
      if (clock.now() - sliceStartedAt < SLICE_MS) continue;
      await clock.yield();
      sliceStartedAt = clock.now();
    }
  }
  parts.push(Buffer.from(format === 'openmetrics' ? `${text}# EOF\n` : text));
  return parts;
}

function writeHead({ name, type, help, unit }: MetricDefinition, format: ExpositionFormat): string {
  if (format === 'prometheus')
    return `# HELP ${name} ${escapeHelp(help)}\n# TYPE ${name} ${type}\n`;
  const family = type === 'counter' ? name.replace(/_total$/, '') : name;
  const unitLine = unit === undefined ? '' : `# UNIT ${family} ${unit}\n`;
  return `# TYPE ${family} ${type}\n${unitLine}# HELP ${family} ${escapeHelp(help).replace(/"/g, '\\"')}\n`;
}

function writeSeries(
  definition: MetricDefinition,
  series: Series<{ readonly value: number } | HistogramCell>,
  format: ExpositionFormat,
): string {
  const prefixes = (series.prefixes[format] ??= prefixesOf(definition, series.labels, format));
  const { cell } = series;
  if ('value' in cell) return `${prefixes[0]}${writeNumber(cell.value)}\n`;
  const counts = cell.cumulated();
  let text = '';
  for (let bucket = 0; bucket < counts.length; bucket++) {
    text += `${prefixes[bucket]}${counts[bucket]}\n`;
  }
  const [sum, count] = prefixes.slice(-2);
  return `${text}${sum}${writeNumber(cell.sum)}\n${count}${counts.at(-1)}\n`;
}

/** The text before each number of a series; of a histogram: of its buckets, its sum and its count. */
function prefixesOf(
  { name, type, buckets = [] }: MetricDefinition,
  labels: string,
  format: ExpositionFormat,
): readonly string[] {
  const braces = labels && `{${labels}}`;
  if (type !== 'histogram') return [`${name}${braces} `];
  const others = labels && `${labels},`;
  return [
    ...bucketLabels(buckets, format).map((le) => `${name}_bucket{${others}le="${le}"} `),
    `${name}_sum${braces} `,
    `${name}_count${braces} `,
  ];
}

/** OpenMetrics writes whole bounds as `1.0`, the older format as `1`. */
function bucketLabels(buckets: readonly number[], format: ExpositionFormat): string[] {
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
