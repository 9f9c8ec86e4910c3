import { Logger } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import { TypeOrmModule, getRepositoryToken } from '@nestjs/typeorm';
import { CacheService } from 'nestjs-mainstay/cache';
import { Clock } from 'nestjs-mainstay/common';
import { StorageService } from 'nestjs-mainstay/storage';
import { FakeClock } from 'nestjs-mainstay/testing';
import { FakeCache } from 'nestjs-mainstay/testing/cache';
import { DatabaseTestModule } from 'nestjs-mainstay/testing/database';
import { FakeStorage } from 'nestjs-mainstay/testing/storage';
import type { Repository } from 'typeorm';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DocumentContent } from '../documents/document-content.js';
import { DocumentIds } from '../documents/document-ids.js';
import { Document } from '../documents/document.entity.js';
import { ContentTakenError } from '../documents/documents.errors.js';
import { DocumentsRepository } from '../documents/documents.repository.js';
import { documentsSchema } from '../documents/documents.schema.js';
import { LostDocument } from '../documents/lost-document.entity.js';
import { PendingContent } from '../documents/pending-content.entity.js';
import { LEASE_MS, PendingContents } from '../documents/pending-contents.js';
import { ProcessName } from '../documents/process-name.js';
import { ContentAudit, type AuditReport } from './content-audit.js';
import { LostDocuments } from './lost-documents.js';
import { OrphanedContents } from './orphaned-contents.js';
import { PendingSweep } from './pending-sweep.js';

const GOING_ON = new AbortController().signal;

let module: TestingModule;
let storage: FakeStorage;
let clock: FakeClock;
let ids: DocumentIds;
let pending: PendingContents;
let documents: DocumentsRepository;
let notes: Repository<PendingContent>;

beforeEach(async () => {
  for (const level of ['warn', 'error'] as const) {
    vi.spyOn(Logger.prototype, level).mockImplementation(() => undefined);
  }
  clock = new FakeClock();
  ids = new DocumentIds(clock);
  storage = new FakeStorage({ clock });
  module = await Test.createTestingModule({
    imports: [
      DatabaseTestModule.forRoot({ entities: documentsSchema.entities }),
      TypeOrmModule.forFeature(documentsSchema.entities),
    ],
    providers: [
      { provide: Clock, useValue: clock },
      { provide: StorageService, useValue: storage },
      { provide: CacheService, useValue: new FakeCache() },
      { provide: ProcessName, useFactory: () => ProcessName.own() },
      ContentAudit,
      DocumentContent,
      DocumentsRepository,
      LostDocuments,
      OrphanedContents,
      PendingContents,
      PendingSweep,
    ],
  }).compile();
  pending = module.get(PendingContents);
  documents = module.get(DocumentsRepository);
  notes = module.get(getRepositoryToken(PendingContent));
});

afterEach(async () => {
  await module.close();
  vi.restoreAllMocks();
});

function sweep(): Promise<number> {
  return module.get(PendingSweep).run(GOING_ON);
}

function audit(): Promise<AuditReport> {
  return module.get(ContentAudit).run(GOING_ON);
}

async function noteContent(
  owner: string,
  leaseUntil = clock.wallTime() + LEASE_MS,
): Promise<string> {
  const id = ids.next();
  await notes.insert({ id, owner, leaseUntil: Math.floor(leaseUntil) });
  await storage.write(`documents/${id}`, 'content');
  return id;
}

function row(id: string, idempotencyKey: string | null = null): Document {
  const file = { name: 'a.txt', contentType: 'text/plain', size: 7, sha256: 'hash' };
  return { id, ...file, createdAt: 1, idempotencyKey };
}

async function makeDocument(idempotencyKey: string | null = null): Promise<string> {
  const id = ids.next();
  await pending.add(id);
  await storage.write(`documents/${id}`, 'content');
  await documents.insert(row(id, idempotencyKey));
  return id;
}

async function stored(prefix = ''): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of storage.list(prefix)) keys.push(key);
  return keys;
}

async function endedProcess(): Promise<string> {
  const [boot, namespace, pid] = (await ProcessName.own()).text.split('/');
  return [boot, namespace, pid, '1', 'x'].join('/');
}

describe('the sweep of unfinished contents', () => {
  it('removes at once what a process left that has ended, and its notes', async () => {
    await noteContent(await endedProcess());
    await noteContent(await endedProcess());
    expect(await sweep()).toBe(2);
    expect(await stored()).toEqual([]);
    expect(await notes.count()).toBe(0);
  });

  it('leaves alone what a living process is at, however long that takes', async () => {
    const id = await noteContent((await ProcessName.own()).text);
    await clock.advance(10 * LEASE_MS);
    expect(await sweep()).toBe(0);
    expect(await stored()).toEqual([`documents/${id}`]);
  });

  it('leaves alone what another machine is at, until it has not renewed its lease in time', async () => {
    await noteContent('another machine/1/1/x');
    await clock.advance(LEASE_MS - 1_000);
    expect(await sweep()).toBe(0);
    await clock.advance(2_000);
    expect(await sweep()).toBe(1);
  });

  it('leaves alone what this process is at, and removes what it gave up', async () => {
    const id = ids.next();
    await pending.hold(id, async () => {
      await pending.add(id);
      await storage.write(`documents/${id}`, 'content');
      expect(await sweep()).toBe(0);
    });
    expect(await sweep()).toBe(1);
    expect(await stored()).toEqual([]);
  });

  it('loses nothing while the storage is away, and goes on when it is back', async () => {
    await noteContent(await endedProcess());
    storage.goDown();
    expect(await sweep()).toBe(0);
    expect(await notes.count()).toBe(1);
    storage.comeBack();
    expect(await sweep()).toBe(1);
    expect(await notes.count()).toBe(0);
  });

  it('goes through more notes than fit into one page, past those that are in use', async () => {
    for (let index = 0; index < 150; index++) await noteContent('another machine/1/1/x');
    const ended = await endedProcess();
    for (let index = 0; index < 5; index++) await noteContent(ended);
    expect(await sweep()).toBe(5);
    expect(await notes.count()).toBe(150);
  });

  it('removes the content of a document whose delete was cut off', async () => {
    const id = await makeDocument();
    await pending.hold(id, () => documents.delete(id));
    expect(await stored()).toEqual([`documents/${id}`]);
    expect(await sweep()).toBe(1);
    expect(await stored()).toEqual([]);
  });

  it('ends when the service stops', async () => {
    await noteContent(await endedProcess());
    const stopped = module.get(PendingSweep).run(AbortSignal.abort(new Error('stopped')));
    await expect(stopped).rejects.toThrow('stopped');
    expect(await notes.count()).toBe(1);
  });
});

describe('an upload whose content was taken over', () => {
  it('does not become a document', async () => {
    const id = ids.next();
    await pending.add(id);
    await notes.update({ id }, { owner: 'a sweep elsewhere' });
    const made = documents.insert({ id } as Document);
    await expect(made).rejects.toThrow(ContentTakenError);
    expect(await notes.countBy({ id })).toBe(1);
  });

  it('is taken over by one only', async () => {
    const id = await noteContent(await endedProcess());
    const note = await notes.findOneByOrFail({ id });
    expect([await pending.take(note), await pending.take(note)]).toEqual([true, false]);
  });
});

describe('renewing leases', () => {
  it('prolongs those of this process while it is at something', async () => {
    const id = ids.next();
    await pending.add(id);
    const other = await noteContent('another machine/1/1/x');
    const before = await notes.findOneByOrFail({ id: other });
    await clock.advance(1_000);
    await pending.hold(id, () => pending.renewLeases());
    const { leaseUntil } = await notes.findOneByOrFail({ id });
    expect(leaseUntil).toBe(Math.floor(clock.wallTime()) + LEASE_MS);
    expect(await notes.findOneByOrFail({ id: other })).toEqual(before);
  });
});

describe('the audit', () => {
  const NOTHING_DONE = { lostDocuments: 0, orphanedContents: 0, putBack: 0, isComplete: true };

  it('finds nothing where documents and contents match', async () => {
    for (let index = 0; index < 3; index++) await makeDocument();
    expect(await audit()).toEqual({ ...NOTHING_DONE, whole: 3 });
  });

  it('sets a document aside whose content is missing, and puts it back when it is found', async () => {
    const [lost] = [await makeDocument('key'), await makeDocument()];
    const before = await documents.find(lost);
    await storage.delete(`documents/${lost}`);
    expect(await audit()).toEqual({ ...NOTHING_DONE, whole: 1, lostDocuments: 1 });
    expect(await documents.find(lost)).toBeNull();
    await storage.write(`documents/${lost}`, 'content');
    expect(await audit()).toEqual({ ...NOTHING_DONE, whole: 1, putBack: 1 });
    expect(await documents.find(lost)).toEqual(before);
    expect(await module.get(getRepositoryToken(LostDocument)).count()).toBe(0);
  });

  it('puts a document back also when its Idempotency-Key was used again', async () => {
    const [lost] = [await makeDocument('key'), await makeDocument()];
    await storage.delete(`documents/${lost}`);
    await audit();
    await makeDocument('key');
    await storage.write(`documents/${lost}`, 'content');
    expect(await audit()).toMatchObject({ putBack: 1 });
    expect(await documents.find(lost)).toMatchObject({ idempotencyKey: null });
  });

  it('sets a content aside that no document knows, and puts it back when one does', async () => {
    const orphan = ids.next();
    await makeDocument();
    await storage.write(`documents/${orphan}`, 'content');
    expect(await audit()).toEqual({ ...NOTHING_DONE, whole: 1, orphanedContents: 1 });
    expect(await stored('orphans/')).toEqual([`orphans/${orphan}`]);
    await module.get<Repository<Document>>(getRepositoryToken(Document)).insert(row(orphan));
    expect(await audit()).toEqual({ ...NOTHING_DONE, whole: 1, putBack: 1 });
    expect(await stored('orphans/')).toEqual([]);
  });

  it('leaves contents alone that an upload or a delete is at', async () => {
    await makeDocument();
    const id = await noteContent('another machine/1/1/x');
    expect(await audit()).toEqual({ ...NOTHING_DONE, whole: 1 });
    expect(await stored()).toContain(`documents/${id}`);
  });

  it('leaves names alone that are no ids', async () => {
    await makeDocument();
    await storage.write('documents/readme.txt', 'what is this');
    expect(await audit()).toEqual({ ...NOTHING_DONE, whole: 1 });
  });

  it('touches nothing while the storage is away', async () => {
    const id = await makeDocument();
    storage.goDown();
    await expect(audit()).rejects.toThrow();
    expect(await documents.find(id)).not.toBeNull();
  });

  it('touches no document when the storage is empty, and says why', async () => {
    const id = await makeDocument();
    await storage.delete(`documents/${id}`);
    expect(await audit()).toEqual({ ...NOTHING_DONE, whole: 0 });
    expect(await documents.find(id)).not.toBeNull();
    expect(Logger.prototype.error).toHaveBeenCalledWith(
      expect.stringContaining(
        'do not seem to belong together: 0 documents have a content, 1 have none',
      ),
    );
  });

  it('touches no content when the database knows none of them', async () => {
    const contents = [ids.next(), ids.next()].map((id) => `documents/${id}`);
    for (const key of contents) await storage.write(key, 'content');
    await audit();
    expect(await stored()).toEqual(contents);
  });

  it('rests, so that others get their turn', async () => {
    const others = Array.from({ length: 501 }, () => row(ids.next()));
    await module.get<Repository<Document>>(getRepositoryToken(Document)).insert(others);
    for (const { id } of others) await storage.write(`documents/${id}`, 'content');
    const slept = vi.spyOn(clock, 'sleep');
    const done = audit();
    await vi.waitFor(() => expect(slept).toHaveBeenCalledOnce());
    await clock.advance(1);
    expect(await done).toMatchObject({ whole: 501 });
  });
});
