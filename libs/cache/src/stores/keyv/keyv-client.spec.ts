import { EventEmitter } from 'node:events';
import { Keyv } from 'keyv';
import { describe, expect, it, vi } from 'vitest';
import { KeyvClient } from './keyv-client.js';

/** An adapter with the least that one must have. */
function smallAdapter() {
  const map = new Map<string, unknown>();
  return Object.assign(new EventEmitter(), {
    opts: {},
    map,
    get: async (key: string): Promise<unknown> => map.get(key),
    set: vi.fn(async (key: string, value: unknown, _ttl?: number): Promise<unknown> => {
      map.set(key, value);
      return undefined;
    }),
    delete: async (key: string) => map.delete(key),
    clear: async () => map.clear(),
  });
}

const texts = [
  { name: 'a', text: '1', lifeMs: 1_000.2 },
  { name: 'b', text: '2', lifeMs: Infinity },
];

describe('cache rule 22: an adapter of Keyv', () => {
  it('is used by what it has, and in one call where it can', async () => {
    const small = smallAdapter();
    const client = new KeyvClient(small);
    await client.write(texts);
    expect(await client.read(['b', 'missing', 'a'])).toEqual(['2', undefined, '1']);
    const large = Object.assign(smallAdapter(), {
      getMany: vi.fn(async (keys: string[]) => keys.map(() => null)),
      setMany: vi.fn(async () => [true, true]),
    });
    const other = new KeyvClient(large);
    await other.write(texts);
    expect(await other.read(['a', 'b'])).toEqual([undefined, undefined]);
    expect(large.set).not.toHaveBeenCalled();
    expect(large.setMany).toHaveBeenCalledTimes(1);
    expect(large.getMany).toHaveBeenCalledWith(['a', 'b']);
  });

  it('gets lives in whole milliseconds, and none for ever', async () => {
    const adapter = smallAdapter();
    await new KeyvClient(adapter).write(texts);
    expect(adapter.set.mock.calls).toEqual([
      ['a', '1', 1_001],
      ['b', '2', undefined],
    ]);
  });

  it('is taken out of the Keyv around it', async () => {
    const adapter = smallAdapter();
    const keyv = new Keyv({ store: adapter, namespace: 'own', ttl: 1 });
    await new KeyvClient(keyv).write(texts);
    expect([...adapter.map.keys()]).toEqual(['a', 'b']);
  });

  it('is told to throw where it would give nothing instead, and is never without a listener', () => {
    const adapter = Object.assign(smallAdapter(), { throwOnErrors: false });
    const client = new KeyvClient(adapter);
    expect(client).toBeDefined();
    expect(adapter.throwOnErrors).toBe(true);
    expect(() => adapter.emit('error', new Error('lost'))).not.toThrow();
  });

  it('fails when it says so, in whichever way', async () => {
    const [rejecting, refusing, telling] = [smallAdapter(), smallAdapter(), smallAdapter()];
    rejecting.get = async () => Promise.reject(new Error('rejected'));
    refusing.set.mockResolvedValue(false);
    telling.get = async () => telling.emit('error', new Error('told'));
    await expect(new KeyvClient(rejecting).read(['a'])).rejects.toThrow('rejected');
    await expect(new KeyvClient(refusing).write(texts)).rejects.toThrow('did not write');
    await expect(new KeyvClient(telling).read(['a'])).rejects.toThrow('told');
  });

  it('has nothing that can be read where it gives no text', async () => {
    const adapter = smallAdapter();
    adapter.map.set('a', { value: 1 });
    expect(await new KeyvClient(adapter).read(['a'])).toEqual(['']);
  });

  it('is tested once by all who want to know', async () => {
    const adapter = smallAdapter();
    const client = new KeyvClient(adapter);
    const checks = await Promise.all([client.check('sentinel:'), client.check('sentinel:')]);
    expect(checks).toEqual(Array.from({ length: 2 }, () => ({ read: true, write: true })));
    expect(adapter.set).toHaveBeenCalledTimes(1);
    expect(adapter.map.size).toBe(0);
    await client.check('sentinel:');
    expect(adapter.set).toHaveBeenCalledTimes(2);
  });

  it('does not pass its test where it forgets, or cannot delete', async () => {
    const [forgetful, keeping] = [smallAdapter(), smallAdapter()];
    forgetful.set.mockResolvedValue(true);
    keeping.delete = async () => false;
    expect(await new KeyvClient(forgetful).check('s')).toEqual({ read: false, write: false });
    expect(await new KeyvClient(keeping).check('s')).toEqual({ read: true, write: false });
  });
});
