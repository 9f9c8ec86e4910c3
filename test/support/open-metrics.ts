/** A sample of an OpenMetrics text. */
interface Sample {
  readonly name: string;
  readonly labels: string;
  readonly le: string | undefined;
  readonly value: number;
}

/** A family of an OpenMetrics text: what is said of it, and its samples in order. */
interface Family {
  readonly name: string;
  readonly meta: Map<string, string>;
  readonly samples: Sample[];
}

const META = /^# (TYPE|UNIT|HELP) ([a-zA-Z_:][\w:]*) (.+)$/;
const LABELS = String.raw`(?:[a-zA-Z_]\w*="(?:[^"\\\n]|\\["\\n])*")`;
const SAMPLE = new RegExp(
  String.raw`^([a-zA-Z_:][\w:]*)(?:\{(${LABELS}(?:,${LABELS})*)\})? (NaN|[+-]Inf|-?\d+(?:\.\d+)?(?:e[+-]?\d+)?)$`,
);
/** What may follow the name of a family, by its type. */
const SUFFIXES: Readonly<Record<string, readonly string[]>> = {
  counter: ['_total'],
  gauge: [''],
  histogram: ['_bucket', '_sum', '_count'],
};

/**
 * Reads a text as OpenMetrics 1.0 wants it, more strictly than Prometheus does.
 * @see https://github.com/OpenObservability/OpenMetrics/blob/main/specification/OpenMetrics.md
 * @returns how many samples it has
 * @throws at the first thing that is not allowed
 */
export function readOpenMetrics(text: string): number {
  if (!text.endsWith('\n# EOF\n')) throw new Error('It does not end with # EOF.');
  const families = new Map<string, Family>();
  let current: Family | undefined;
  for (const line of text.slice(0, -'# EOF\n'.length).trimEnd().split('\n')) {
    const [, keyword = '', name = '', rest = ''] = META.exec(line) ?? [];
    if (keyword === '') readSample(line, current);
    else current = readMeta(families, current, { keyword, name, rest });
  }
  for (const family of families.values()) checkFamily(family);
  return [...families.values()].reduce((total, { samples }) => total + samples.length, 0);
}

function readMeta(
  families: Map<string, Family>,
  current: Family | undefined,
  { keyword, name, rest }: Readonly<Record<'keyword' | 'name' | 'rest', string>>,
): Family {
  const isNew = current?.name !== name;
  if (isNew && families.has(name)) throw new Error(`${name} comes in two places.`);
  const family = isNew || !current ? { name, meta: new Map(), samples: [] } : current;
  families.set(name, family);
  if (family.samples.length > 0) throw new Error(`${keyword} of ${name} comes after its samples.`);
  if (family.meta.has(keyword)) throw new Error(`${name} has ${keyword} twice.`);
  family.meta.set(keyword, rest);
  return family;
}

function readSample(line: string, family: Family | undefined): void {
  const [, name = '', labels = '', value = ''] = SAMPLE.exec(line) ?? [];
  if (name === '' || !family) throw new Error(`Not allowed: ${line}`);
  const suffixes = SUFFIXES[family.meta.get('TYPE') ?? ''] ?? [];
  if (!suffixes.some((suffix) => name === family.name + suffix))
    throw new Error(`${name} is not in the family ${family.name}.`);
  const le = /(?:^|,)le="([^"]*)"$/.exec(labels)?.[1];
  const others = labels.replace(/,?le="[^"]*"$/, '');
  family.samples.push({
    name,
    labels: others,
    le,
    value: Number(value.replace('Inf', 'Infinity')),
  });
}

function checkFamily({ name, meta, samples }: Family): void {
  if (!meta.get('HELP')) throw new Error(`${name} has no HELP.`);
  const unit = meta.get('UNIT');
  if (unit !== undefined && !name.endsWith(`_${unit}`))
    throw new Error(`${name} does not end with its unit ${unit}.`);
  const keys = samples.map((one) => `${one.name}{${one.labels},${one.le}}`);
  if (new Set(keys).size < keys.length) throw new Error(`${name} has a sample twice.`);
  const isCount = meta.get('TYPE') !== 'gauge';
  if (isCount && samples.some(({ value }) => !(value >= 0)))
    throw new Error(`${name} counts less than nothing.`);
  if (meta.get('TYPE') === 'histogram') checkHistogram(name, samples);
}

function checkHistogram(name: string, samples: readonly Sample[]): void {
  for (const labels of new Set(samples.map((sample) => sample.labels))) {
    const mine = samples.filter((sample) => sample.labels === labels);
    const buckets = mine.filter((sample) => sample.name === `${name}_bucket`);
    const bounds = buckets.map(({ le = '' }) => Number(le.replace('+Inf', 'Infinity')));
    const floats = buckets.every(({ le = '' }) => /[.e]|^\+Inf$/.test(le));
    const counts = buckets.map(({ value }) => value);
    const count = mine.find((sample) => sample.name === `${name}_count`)?.value;
    const hasSum = mine.some((sample) => sample.name === `${name}_sum`);
    const isRight =
      floats && isAscending(bounds) && isAscending(counts, true) && bounds.at(-1) === Infinity;
    if (!isRight || counts.at(-1) !== count || !hasSum)
      throw new Error(`The histogram ${name}{${labels}} is not complete.`);
  }
}

function isAscending(values: readonly number[], orEqual = false): boolean {
  return values.every((value, index) => {
    const before = values[index - 1] ?? -Infinity;
    return orEqual ? value >= before : value > before;
  });
}
