import { Logger } from '@nestjs/common';
import { FakeStorage } from 'nestjs-mainstay/testing/storage';
import { afterEach, expect, it, vi } from 'vitest';
import { DocumentContent } from './document-content.js';

afterEach(() => vi.restoreAllMocks());

it('names a content that could not be deleted because the storage is away', async () => {
  const warned = vi.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
  const storage = new FakeStorage();
  await storage.write('documents/1', 'content');
  storage.goDown();
  await new DocumentContent(storage).discard('1');
  expect(warned).toHaveBeenCalledWith(
    'documents/1 has no document and could not be deleted yet: the storage is away',
  );
});

it('says nothing of a content that is deleted', async () => {
  const warned = vi.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
  const storage = new FakeStorage();
  await storage.write('documents/1', 'content');
  await new DocumentContent(storage).discard('1');
  expect(warned).not.toHaveBeenCalled();
  expect(await storage.exists('documents/1')).toBe(false);
});
