import type { CacheConfig } from 'nestjs-mainstay/cache';
import type { DatabaseConfig } from 'nestjs-mainstay/database';
import { ResourceRegistry, type ResourceEntry, type StepReport } from 'nestjs-mainstay/resource';
import type { StorageConfig } from 'nestjs-mainstay/storage';
import { describe, expect, it, vi } from 'vitest';
import { StartReport } from './start-report.js';

function report(steps: readonly StepReport[], phase: ResourceEntry['phase'] = 'ready'): string {
  const registry = new ResourceRegistry();
  const entry = { name: 'database', phase, steps, initializationMs: 12.3 } as ResourceEntry;
  vi.spyOn(registry, 'all').mockReturnValue([entry]);
  const cache = { url: 'memory:' } as CacheConfig;
  const database = { url: 'postgres://service:hunter2@db.example/documents' } as DatabaseConfig;
  const storage = { url: 'file:./data/storage' } as StorageConfig;
  return new StartReport(registry, cache, database, storage).describe('http://127.0.0.1:3000');
}

describe('StartReport', () => {
  it('tells where everything is and how long each step took', () => {
    const text = report([
      { name: 'validate config', state: 'passed', durationMs: 0.2 },
      { name: 'test connection', state: 'passed', durationMs: 12.1 },
    ]);
    expect(text).toContain('Listening on http://127.0.0.1:3000');
    expect(text).toContain('database  ready in 12 ms, postgres://***@db.example/documents');
    expect(text).toContain('validate config 0.2 ms · test connection 12 ms');
    expect(text).toContain('http://127.0.0.1:3000/health');
  });

  it('tells which step failed, and which were not reached', () => {
    const text = report(
      [
        { name: 'test connection', state: 'failed', durationMs: 5 },
        { name: 'create connection', state: 'pending' },
      ],
      'failed',
    );
    expect(text).toContain('database  failed in 12 ms');
    expect(text).toContain('test connection 5 ms FAILED · create connection PENDING');
  });
});
