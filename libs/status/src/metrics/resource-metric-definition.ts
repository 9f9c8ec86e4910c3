import type { ResourceMetric } from 'nestjs-mainstay/resource';
import { OPEN, type LabelDomain, type MetricDefinition } from './metric-definition.js';

const NAME = /^[a-z][a-z0-9]*(?:_[a-z0-9]+)+$/;
const LABEL = /^[a-z][a-z0-9_]*$/;

/** How a metric of resources appears in `/metrics`. */
export function definitionOf(metric: ResourceMetric): MetricDefinition {
  const { name, type, help, unit, label } = metric;
  const labels: Record<string, LabelDomain> = { resource: OPEN };
  if (label) labels[label.name] = label.values;
  return { name, type, help, ...(unit && { unit }), labels };
}

/**
 * What is wrong with a metric of a resource, and how to mend it.
 * @param known the metric of that name which there is already
 * @see https://prometheus.io/docs/practices/naming/
 */
export function faultOf(
  { name, type, help, unit, labels }: MetricDefinition,
  known: MetricDefinition | undefined,
): string | undefined {
  if (!NAME.test(name)) {
    return 'its name has to be of the form prefix_what_it_is, in small letters, digits and underscores.';
  }
  if (name.endsWith('_total') !== (type === 'counter')) {
    return 'the name of a counter ends with _total, and that of a gauge does not.';
  }
  if (unit && !name.replace(/_total$/, '').endsWith(`_${unit}`)) {
    return `its name has to end with its unit, _${unit}${type === 'counter' ? '_total' : ''}.`;
  }
  const [, label] = Object.keys(labels);
  if (label !== undefined && !LABEL.test(label)) {
    return `its label "${label}" has to consist of small letters, digits and underscores.`;
  }
  if (known && JSON.stringify(known) !== JSON.stringify({ name, type, help, unit, labels })) {
    return 'there is another of this name, with another type, text, unit or label; give it a name of its own.';
  }
  return undefined;
}
