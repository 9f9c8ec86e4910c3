import type { MetricDefinition } from 'nestjs-mainstay/status';
import type { ExposedMetric, ExposedSeries } from './exposition.js';

/**
 * How a scrape differs from what is documented: names, types, labels and the values of labels that have a list. Empty when
 * it does not.
 */
export function findMetricDrift(
  metrics: readonly ExposedMetric[],
  catalogue: readonly MetricDefinition[],
): readonly string[] {
  const known = new Map(catalogue.map((definition) => [definition.name, definition]));
  return metrics.flatMap((metric) => {
    const definition = known.get(metric.name);
    if (!definition) return [`${metric.name} is not documented`];
    const problems =
      definition.type === metric.type
        ? []
        : [`${metric.name} is a ${metric.type}, documented as a ${definition.type}`];
    return [...problems, ...metric.series.flatMap((one) => labelDrift(one, definition))];
  });
}

function labelDrift(series: ExposedSeries, { name, labels }: MetricDefinition): string[] {
  const found = Object.keys(series.labels).filter(
    (label) => label !== 'le' || !series.name.endsWith('_bucket'),
  );
  const documented = Object.keys(labels);
  if (found.toSorted().join() !== documented.toSorted().join())
    return [
      `${series.name} has the labels {${found.join()}}, documented are {${documented.join()}}`,
    ];
  return Object.entries(labels).flatMap(([label, domain]) => {
    const value = series.labels[label] ?? '';
    if (domain === 'open' || domain.includes(value)) return [];
    return [`${name} has ${label}="${value}", documented are ${domain.join(', ')}`];
  });
}
