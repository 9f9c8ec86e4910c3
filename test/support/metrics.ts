/** One line of a Prometheus exposition. */
export interface MetricSample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const SAMPLE = /^(?<name>[a-zA-Z_:][\w:]*)(?:\{(?<labels>.*)\})? (?<value>\S+)$/;
const LABEL = /([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"/g;

/** Scrapes `/metrics` of a service. */
export async function readMetrics(baseUrl: string): Promise<readonly MetricSample[]> {
  const response = await fetch(`${baseUrl}/metrics`);
  if (response.status !== 200) throw new Error(`/metrics answered ${response.status}.`);
  return parseMetrics(await response.text());
}

/** Reads the text format of Prometheus. @throws when a line is neither a comment nor a sample */
export function parseMetrics(exposition: string): readonly MetricSample[] {
  const lines = exposition.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return lines.map((line) => {
    const { name, labels, value } = SAMPLE.exec(line)?.groups ?? {};
    if (name === undefined) throw new Error(`Not a sample: ${line}`);
    const pairs = [...(labels ?? '').matchAll(LABEL)].map(([, key, text]) => [key, text]);
    return {
      name,
      labels: Object.fromEntries(pairs) as Record<string, string>,
      value: Number(value),
    };
  });
}

/** The calls of an operation. */
export interface OperationCalls {
  readonly success: number;
  readonly failure: number;
  readonly rejected: number;
  readonly cancelled: number;
  readonly active: number;
}

/** How the calls of an operation ended so far, and how many are running. */
export function ended(
  metrics: readonly MetricSample[],
  resource: string,
  operation: string,
): OperationCalls {
  const ofOperation = metrics.filter(
    ({ labels }) => labels['resource'] === resource && labels['operation'] === operation,
  );
  const count = (outcome: string): number =>
    sum(
      ofOperation.filter(
        ({ name, labels }) => name === 'mainstay_operations_total' && labels['outcome'] === outcome,
      ),
    );
  return {
    success: count('success'),
    failure: count('failure'),
    rejected: count('rejected'),
    cancelled: count('cancelled'),
    active: sum(ofOperation.filter(({ name }) => name === 'mainstay_operations_active')),
  };
}

/** What was counted as gone wrong, of whichever operation: failures, refusals, and errors by their type. */
export function failed(metrics: readonly MetricSample[]): readonly MetricSample[] {
  const isBad = ({ name, labels }: MetricSample): boolean =>
    name === 'mainstay_operation_errors_total' ||
    (name === 'mainstay_operations_total' &&
      ['failure', 'rejected'].includes(labels['outcome'] ?? ''));
  return metrics.filter((sample) => sample.value > 0 && isBad(sample));
}

/** The values of several samples together. */
export function sum(samples: readonly MetricSample[]): number {
  return samples.reduce((total, { value }) => total + value, 0);
}
