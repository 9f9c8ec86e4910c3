import { Logger } from '@nestjs/common';
import { Resource, type ResourceMetric } from 'nestjs-mainstay/resource';
import { FakeClock } from 'nestjs-mainstay/testing';
import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { writeExposition } from '../metrics/exposition.js';
import { MetricRegistry } from '../metrics/metric-registry.js';
import { publishResources } from './publish-resources.js';

class Outbox extends Resource {
  readonly name: string;
  override readonly metrics: readonly ResourceMetric[];

  constructor(name: string, ...metrics: ResourceMetric[]) {
    super();
    this.name = name;
    this.metrics = metrics;
  }

  protected steps(): [] {
    return [];
  }

  probe(): Promise<never> {
    return Promise.reject(new Error('not probed'));
  }

  async close(): Promise<void> {
    await Promise.resolve();
  }
}

const gauge: ResourceMetric = {
  name: 'shop_outbox_messages',
  type: 'gauge',
  help: 'Messages that wait to be sent.',
  read: () => 3,
};

const errors = vi.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
let metrics: MetricRegistry;

beforeEach(() => {
  errors.mockClear();
  metrics = new MetricRegistry();
});

afterAll(() => errors.mockRestore());

function publish(...resources: Resource[]): void {
  const all = (): never =>
    resources.map((resource) => ({ name: resource.name, resource })) as never;
  publishResources(metrics, { all });
}

async function lines(): Promise<string[]> {
  const parts = await writeExposition(metrics.collect(), 'prometheus', new FakeClock());
  const text = Buffer.concat(parts).toString();
  return text.split('\n').filter((line) => line.startsWith('shop_'));
}

describe('publishResources', () => {
  it('shows the metrics of each resource, with what they are now', async () => {
    let waiting = 1;
    const read = (): number => waiting;
    publish(new Outbox('mail', { ...gauge, read }), new Outbox('orders', gauge));
    expect(await lines()).toEqual([
      'shop_outbox_messages{resource="mail"} 1',
      'shop_outbox_messages{resource="orders"} 3',
    ]);
    waiting = 0;
    expect(await lines()).toContain('shop_outbox_messages{resource="mail"} 0');
  });

  it('shows each value of a label', async () => {
    const sent: Record<string, number> = { mail: 2, sms: 5 };
    const metric: ResourceMetric = {
      name: 'shop_messages_sent_total',
      type: 'counter',
      help: 'Messages that were sent.',
      label: { name: 'channel', values: ['mail', 'sms'] },
      read: (channel) => sent[channel] ?? 0,
    };
    publish(new Outbox('outbox', metric));
    await lines();
    sent['sms'] = 6;
    expect(await lines()).toEqual([
      'shop_messages_sent_total{resource="outbox",channel="mail"} 2',
      'shop_messages_sent_total{resource="outbox",channel="sms"} 6',
    ]);
  });

  it('never lets a counter go back', async () => {
    let sent = 4;
    const name = 'shop_messages_sent_total';
    publish(new Outbox('outbox', { ...gauge, name, type: 'counter', read: () => sent }));
    await lines();
    sent = 1;
    expect(await lines()).toEqual([`${name}{resource="outbox"} 4`]);
  });

  it('logs what a metric throws, and goes on with the others', async () => {
    const read = (): number => {
      throw new Error('password=hunter2 is closed');
    };
    publish(new Outbox('mail', { ...gauge, read }), new Outbox('orders', gauge));
    expect(await lines()).toEqual(['shop_outbox_messages{resource="orders"} 3']);
    expect(errors).toHaveBeenCalledOnce();
    expect(errors.mock.calls[0]?.[0]).toMatch(/shop_outbox_messages of mail failed/);
    expect(errors.mock.calls[0]?.[0]).not.toContain('hunter2');
  });

  it.each<[string, Partial<ResourceMetric>]>([
    ['of the form prefix_what_it_is', { name: 'Outbox' }],
    ['ends with _total', { type: 'counter' }],
    ['ends with _total', { name: 'shop_outbox_total' }],
    ['has to end with its unit, _seconds', { unit: 'seconds' }],
    ['its label "le gume"', { label: { name: 'le gume', values: ['a'] } }],
    ['there is another of this name', { name: 'mainstay_connection_up' }],
  ])('refuses a metric, once and with the reason: %s', async (reason, wrong) => {
    publish(new Outbox('mail', { ...gauge, ...wrong }));
    expect(await lines()).toEqual([]);
    await lines();
    expect(errors).toHaveBeenCalledOnce();
    expect(errors.mock.calls[0]?.[0]).toContain(reason);
  });

  it('refuses a metric of which another resource means something else', async () => {
    publish(new Outbox('mail', gauge), new Outbox('orders', { ...gauge, help: 'Their age.' }));
    expect(await lines()).toEqual(['shop_outbox_messages{resource="mail"} 3']);
    expect(errors.mock.calls[0]?.[0]).toMatch(/^orders: .*there is another of this name/);
  });
});
