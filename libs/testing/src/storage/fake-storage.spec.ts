import { Test } from '@nestjs/testing';
import {
  StorageNoSpaceError,
  StorageService,
  StorageUnreachableError,
} from 'nestjs-mainstay/storage';
import type { FaultyCall } from 'nestjs-mainstay/testing';
import { FakeStorage } from 'nestjs-mainstay/testing/storage';
import { beforeEach, describe, expect, it } from 'vitest';

let storage: FakeStorage;

beforeEach(() => {
  storage = new FakeStorage({ maxBytes: 100 });
});

function isKey(key: string): (call: FaultyCall) => boolean {
  return ({ arg }) => arg === key;
}

describe('FakeStorage', () => {
  it('stands in for the StorageService of an application', async () => {
    const app = await Test.createTestingModule({
      providers: [{ provide: StorageService, useValue: storage }],
    }).compile();
    expect(await app.get(StorageService).write('a', 'data')).toBe(true);
    await storage.assertContents('a', 'data');
  });

  it('asserts what is stored', async () => {
    await storage.write('a/b', Buffer.from('data'));
    await storage.assertExists('a/b');
    await storage.assertContents('a/b', Buffer.from('data'));
    await storage.assertCount(1, 'a/');
    await storage.assertMissing('c');
    await storage.assertEmpty('c/');
    expect(await storage.exists('a/b')).toBe(true);
  });

  it('fails its assertions when they do not hold', async () => {
    await storage.write('a', 'data');
    await expect(storage.assertMissing('a')).rejects.toThrow('There is an object "a".');
    await expect(storage.assertExists('b')).rejects.toThrow('There is no object "b".');
    const failed = { code: 'ERR_ASSERTION' };
    await expect(storage.assertContents('a', 'other')).rejects.toMatchObject(failed);
    await expect(storage.assertContents('a', Buffer.from('b'))).rejects.toMatchObject(failed);
    await expect(storage.assertCount(2)).rejects.toMatchObject(failed);
    await expect(storage.assertEmpty()).rejects.toMatchObject(failed);
  });

  it('fails as it is staged to', async () => {
    storage.faults.stage('put', { error: new StorageNoSpaceError(), times: 1 });
    expect(await storage.write('a', 'data')).toBe(false);
    expect(await storage.write('a', 'data')).toBe(true);
  });

  it('answers late, otherwise or not at all, for the keys that a fault picks', async () => {
    await storage.write('a', 'data');
    await storage.write('b', 'data');
    const unreachable = new StorageUnreachableError();
    storage.faults
      .stage('read', { latencyMs: 200, result: Buffer.from('staged'), when: isKey('a') })
      .stage('list', { error: unreachable, when: ({ arg }) => arg === 'x/' });
    let read: Buffer | undefined;
    const reading = storage.read('a').then((data) => (read = data));
    expect((await storage.read('b')).toString()).toBe('data');
    await storage.clock.advance(199);
    expect(read).toBeUndefined();
    await storage.clock.advance(1);
    expect((await reading).toString()).toBe('staged');
    await expect(storage.list('x/').next()).rejects.toBe(unreachable);
    await storage.assertCount(2);
  });

  it('goes down as a whole and comes back with its objects', async () => {
    await storage.write('a', 'data');
    storage.goDown();
    const unreachable = { code: 'STORAGE_UNREACHABLE' };
    expect(await storage.write('b', 'data')).toBe(false);
    expect(await storage.delete('a')).toBe(false);
    await expect(storage.read('a')).rejects.toMatchObject(unreachable);
    await expect(storage.get('a')).rejects.toMatchObject(unreachable);
    await expect(storage.stat('a')).rejects.toMatchObject(unreachable);
    await expect(storage.copy('a', 'b')).rejects.toMatchObject(unreachable);
    await expect(storage.move('a', 'b')).rejects.toMatchObject(unreachable);
    await expect(storage.list().next()).rejects.toMatchObject(unreachable);
    storage.comeBack();
    await storage.assertContents('a', 'data');
    expect(await storage.deletePrefix('a')).toEqual({ deleted: 1, failures: [] });
  });

  it('keeps limits like the real one', async () => {
    await expect(storage.write('a', Buffer.alloc(101))).rejects.toMatchObject({
      code: 'STORAGE_TOO_LARGE',
    });
  });
});
