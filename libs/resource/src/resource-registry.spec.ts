import { Logger } from '@nestjs/common';
import { ResiliencePipeline } from 'nestjs-mainstay/resilience';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { ProbeResult } from './probe-result.js';
import { ResourceRegistry } from './resource-registry.js';
import { Resource } from './resource.js';

class PaymentsApi extends Resource {
  readonly name = 'payments';

  protected steps(): [] {
    return [];
  }

  probe(): Promise<ProbeResult> {
    return Promise.resolve({ capabilities: {} });
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

describe('ResourceRegistry', () => {
  afterEach(() => vi.restoreAllMocks());

  it('knows a resource by its name', () => {
    const registry = new ResourceRegistry();
    const resource = new PaymentsApi();
    const { breaker } = new ResiliencePipeline('payments');
    breaker?.isolate('maintenance');
    const pipeline = {
      resource: 'payments',
      inFlight: 0,
      breaker: breaker?.status(),
      budget: undefined,
      limiter: undefined,
    };
    registry.register(resource, () => pipeline);
    expect(registry.get('payments')).toMatchObject({
      resource,
      name: 'payments',
      criticality: 'degradable',
      phase: 'pending',
      steps: [],
      circuit: 'isolated',
      pipeline,
      initializationTries: 0,
    });
    expect(registry.get('cache')).toBeUndefined();
    expect(registry.all()).toEqual([registry.get('payments')]);
  });

  it('refuses a second resource of the same name', () => {
    const registry = new ResourceRegistry();
    const first = registry.register(new PaymentsApi(), () => undefined);
    expect(() => registry.register(new PaymentsApi(), () => undefined)).toThrow(
      'There are two resources named "payments".',
    );
    expect(registry.register(first.resource, () => undefined)).toBe(first);
  });

  it('tells of changes of the phase, each once, until the subscription ends', () => {
    const registry = new ResourceRegistry();
    const entry = registry.register(new PaymentsApi(), () => undefined);
    const seen: string[] = [];
    const unsubscribe = registry.subscribe(({ phase }) => seen.push(phase));
    entry.enter('initializing');
    entry.enter('initializing');
    entry.enter('ready');
    unsubscribe();
    entry.enter('closed');
    expect(seen).toEqual(['initializing', 'ready']);
  });

  it('resilience rule 17: a listener that throws stops no other', () => {
    vi.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
    const registry = new ResourceRegistry();
    const entry = registry.register(new PaymentsApi(), () => undefined);
    const seen: string[] = [];
    registry.subscribe(() => {
      throw new Error('a defect in a listener');
    });
    registry.subscribe(({ phase }) => seen.push(phase));
    entry.enter('ready');
    expect(seen).toEqual(['ready']);
  });

  it('shows errors of steps without secrets', () => {
    const registry = new ResourceRegistry();
    const entry = registry.register(new PaymentsApi(), () => undefined);
    entry.beginInitialization([{ name: 'test connection', run: () => undefined }]);
    entry.reportStep(0, 'failed', 5, new Error('https://user:hunter2@host says no.'));
    expect(entry.steps).toEqual([
      {
        name: 'test connection',
        state: 'failed',
        durationMs: 5,
        error: 'https://***@host says no',
      },
    ]);
  });
});
