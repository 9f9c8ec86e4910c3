import { readFile } from 'node:fs/promises';
import { Test } from '@nestjs/testing';
import { MainstayModule } from 'nestjs-mainstay';
import { ResourceRegistry } from 'nestjs-mainstay/resource';
import { metricCatalogue, type MetricDefinition } from 'nestjs-mainstay/status';
import { format, resolveConfig } from 'prettier';
import { describe, expect, it } from 'vitest';

const TELEMETRY = new URL('../../docs/telemetry.md', import.meta.url).pathname;

const definitions = await catalogue();

async function catalogue(): Promise<readonly MetricDefinition[]> {
  const app = await Test.createTestingModule({ imports: [MainstayModule.forRoot()] }).compile();
  const registry = app.get(ResourceRegistry, { strict: false });
  const all = metricCatalogue(registry.all().map(({ resource }) => resource));
  await app.close();
  return all;
}

function describeLabels({ labels }: MetricDefinition): string {
  return Object.entries(labels)
    .map(([name, domain]) =>
      domain === 'open' ? `\`${name}\`` : `\`${name}\`: ${domain.join(', ')}`,
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
  it('has the table of metrics as the code has it (regenerate: npx vitest run test/contract/telemetry.spec.ts -u)', async () => {
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
});
