import { readFile } from 'node:fs/promises';
import { format, resolveConfig } from 'prettier';
import { describe, expect, it } from 'vitest';
import { METRIC_CATALOGUE as definitions } from './metric-catalogue.js';
import { OPEN, type MetricDefinition } from './metric-definition.js';
import { OPERATION_DURATION } from './status-metrics.js';

const TELEMETRY = new URL('../../../../docs/telemetry.md', import.meta.url).pathname;

function describeLabels({ labels }: MetricDefinition): string {
  return Object.entries(labels)
    .map(([name, domain]) =>
      domain === OPEN ? `\`${name}\`` : `\`${name}\`: ${domain.join(', ')}`,
    )
    .join('; ');
}

function table(): string {
  const rows = definitions.map((one) =>
    [`\`${one.name}\``, one.type, one.unit ?? '', describeLabels(one), one.help].join(' | '),
  );
  return ['name | type | unit | labels | meaning', '--- | --- | --- | --- | ---', ...rows].join(
    '\n',
  );
}

describe('docs/telemetry.md', () => {
  it('has the table of metrics as the code has it (regenerate: npx vitest run libs/status -u)', async () => {
    const begin = '<!-- metrics: generated -->';
    const end = '<!-- /metrics -->';
    const text = await readFile(TELEMETRY, 'utf8');
    const head = text.slice(0, text.indexOf(begin) + begin.length);
    const tail = text.slice(text.indexOf(end));
    const options = { ...(await resolveConfig(TELEMETRY)), parser: 'markdown' };

    const current = await format(`${head}\n\n${table()}\n\n${tail}`, options);

    await expect(current).toMatchFileSnapshot(TELEMETRY);
  });
});

describe('metric definitions', () => {
  it.each(definitions.map((one) => [one.name, one] as const))(
    '%s is named as Prometheus asks',
    (name, one) => {
      expect(name).toMatch(/^(?:mainstay|process|nodejs)_[a-z0-9_]+$/);
      expect(name.endsWith('_total')).toBe(one.type === 'counter');
      const base = name.replace(/_total$/, '');
      expect(/_(?:seconds|bytes)$/.exec(base)?.[0].slice(1)).toBe(one.unit);
      expect(one.buckets !== undefined).toBe(one.type === 'histogram');
      expect(one.help).toMatch(/^.{10,}\.$|^Resident memory\.$/);
    },
  );

  it('has every name once', () => {
    expect(new Set(definitions.map(({ name }) => name)).size).toBe(definitions.length);
  });

  it('status rule 1: times go into the buckets of the specification', () => {
    expect(OPERATION_DURATION.buckets).toEqual([
      0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
    ]);
  });
});
