import type { CacheLoaded, CacheService } from 'nestjs-mainstay/cache';
import { FakeClock } from 'nestjs-mainstay/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import type { IncomingFile } from '../upload/incoming-file.js';
import type { DocumentContent } from './document-content.js';
import { DocumentIds } from './document-ids.js';
import type { Document } from './document.entity.js';
import {
  DocumentNotFoundError,
  IdempotencyConflictError,
  InvalidFileNameError,
} from './documents.errors.js';
import type { DocumentsRepository } from './documents.repository.js';
import { DocumentsService } from './documents.service.js';
import type { PendingContents } from './pending-contents.js';

const FILE: IncomingFile = { name: 'a.txt', contentType: 'text/plain', content: bytes('hello') };
const CONFLICT = Object.assign(new Error('taken'), {
  classification: { kind: 'permanent', reason: 'conflict', type: 'DUPLICATE' },
});

async function* bytes(text: string): AsyncGenerator<Buffer> {
  yield Buffer.from(text);
}

/** What the service did, in order. */
let log: string[];
let rows: Map<string, Document>;
let storageIsUp: boolean;
let insertError: Error | undefined;
/** What the cache has. */
let found: CacheLoaded<Document> | undefined;

const repository = {
  async insert(document: Document) {
    log.push('insert row');
    if (insertError) throw insertError;
    rows.set(document.id, document);
  },
  async find(id: string) {
    log.push('find row');
    return rows.get(id) ?? null;
  },
  async findByIdempotencyKey(key: string) {
    return [...rows.values()].find(({ idempotencyKey }) => idempotencyKey === key) ?? null;
  },
  async delete(id: string) {
    log.push('delete row');
    return rows.delete(id);
  },
} as DocumentsRepository;

const content = {
  async store(_id: string, data: AsyncIterable<Buffer>) {
    log.push('store content');
    for await (const chunk of data) if (chunk.length === 0) throw new Error('broken off');
    return { size: 5, sha256: 'hash' };
  },
  async discard() {
    log.push('discard content');
    return storageIsUp;
  },
} as unknown as DocumentContent;

const pending = {
  hold: (_id: string, work: () => Promise<unknown>) => work(),
  async add() {
    log.push('note content');
  },
  async forget() {
    log.push('forget content');
  },
} as unknown as PendingContents;

const cache = {
  async lookupOrSet(_key: string, factory: () => Promise<unknown>) {
    return found ?? { value: await factory(), source: 'factory', stale: false };
  },
  async delete() {
    log.push('invalidate cache');
    return true;
  },
} as unknown as CacheService;

function service(): DocumentsService {
  const clock = new FakeClock();
  const config = { maxBytes: 1_000, cacheTtl: 1_000 };
  return new DocumentsService(
    repository,
    content,
    pending,
    cache,
    new DocumentIds(clock),
    clock,
    config,
  );
}

beforeEach(() => {
  log = [];
  rows = new Map();
  storageIsUp = true;
  insertError = undefined;
  found = undefined;
});

describe('DocumentsService.create', () => {
  it('notes the content, writes it, and the row after', async () => {
    const { document, replayed } = await service().create(FILE, null);
    expect(log).toEqual(['note content', 'store content', 'insert row']);
    expect(replayed).toBe(false);
    expect(rows.get(document.id)).toMatchObject({ name: 'a.txt', size: 5, sha256: 'hash' });
  });

  it('deletes the content when the row cannot be written', async () => {
    insertError = new Error('no such table');
    await expect(service().create(FILE, null)).rejects.toBe(insertError);
    expect(log.slice(2)).toEqual(['insert row', 'discard content', 'forget content']);
  });

  it('keeps the content when it is unknown whether the row was written', async () => {
    insertError = Object.assign(new Error('connection lost'), { outcome: 'unknown' });
    await expect(service().create(FILE, null)).rejects.toBe(insertError);
    expect(log).toEqual(['note content', 'store content', 'insert row']);
  });

  it('discards what may have been stored of an upload that broke off', async () => {
    const brokenOff: IncomingFile = { ...FILE, content: bytes('') };
    await expect(service().create(brokenOff, null)).rejects.toThrow('broken off');
    expect(log).toEqual(['note content', 'store content', 'discard content', 'forget content']);
  });

  it('gives the first document when the same file comes under the same key again', async () => {
    const first = await service().create(FILE, 'key');
    insertError = CONFLICT;
    const second = await service().create(FILE, 'key');
    expect(second).toEqual({ document: first.document, replayed: true });
    expect(log.slice(-2)).toEqual(['discard content', 'forget content']);
  });

  it('refuses a key that was used for a different file', async () => {
    await service().create(FILE, 'key');
    insertError = CONFLICT;
    const other = { ...FILE, name: 'b.txt' };
    await expect(service().create(other, 'key')).rejects.toThrow(IdempotencyConflictError);
  });

  it('passes a conflict on that has nothing to do with the key', async () => {
    insertError = CONFLICT;
    await expect(service().create(FILE, null)).rejects.toBe(CONFLICT);
  });

  it.each(['', 'x'.repeat(256)])('refuses the name %j before anything is stored', async (name) => {
    await expect(service().create({ ...FILE, name }, null)).rejects.toThrow(InvalidFileNameError);
    expect(log).toEqual([]);
  });
});

describe('DocumentsService.delete', () => {
  it('removes the row first, then the cached answer, then the content', async () => {
    const { document } = await service().create(FILE, null);
    log = [];
    await service().delete(document.id);
    expect(log).toEqual(['delete row', 'invalidate cache', 'discard content', 'forget content']);
  });

  it('leaves the note of a content that cannot be removed now', async () => {
    const { document } = await service().create(FILE, null);
    storageIsUp = false;
    await service().delete(document.id);
    expect(log.at(-1)).toBe('discard content');
  });

  it('says when there is no such document, and leaves contents alone', async () => {
    await expect(service().delete('unknown')).rejects.toThrow(DocumentNotFoundError);
    expect(log).not.toContain('discard content');
  });
});

describe('DocumentsService.find', () => {
  it('says when there is no such document', async () => {
    await expect(service().find('unknown')).rejects.toThrow(DocumentNotFoundError);
  });
});

describe('DocumentsService.find, whence', () => {
  it.each([
    ['l1', false, 'hit'],
    ['l2', false, 'hit'],
    ['l1', true, 'stale'],
  ] as const)('a value of %s, stale: %j, is a %s', async (source, stale, whence) => {
    const { document } = await service().create(FILE, null);
    found = { value: document, source, stale };
    expect(await service().find(document.id)).toEqual({ document, cache: whence });
  });

  it('a value of the database is a miss', async () => {
    const { document } = await service().create(FILE, null);
    expect(await service().find(document.id)).toEqual({ document, cache: 'miss' });
  });
});
