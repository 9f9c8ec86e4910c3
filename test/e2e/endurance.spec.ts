import { createHash, randomBytes, randomInt } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, type TestContext } from 'vitest';
import { CrashTraffic } from '../support/crash-traffic.js';
import { DocumentsClient } from '../support/documents-client.js';
import { eventually } from '../support/eventually.js';
import { ended, failed, readMetrics } from '../support/metrics.js';
import { ServiceProcess } from '../support/service-process.js';

/** The files and their promises are the same on all engines; what differs is shown by fewer. */
const KILLS = process.env['TEST_ENGINES'] === 'servers' ? 15 : 50;

const SLOW_SECONDS = 60;
const BYTES_PER_SECOND = 100_000;

/** They take a minute each, most of which is waiting: side by side. */
describe.concurrent('uploads', () => {
  it(
    `leave documents and contents that match after ${KILLS} kills in the middle, and lose nothing that was promised`,
    { timeout: 600_000 },
    async (test) => {
      // Fewer, and the kills hit nothing, and the test shows nothing.
      expect(await crashRepeatedly(test)).toBeGreaterThan(KILLS);
    },
  );

  it(
    `may take their time: one of ${SLOW_SECONDS} s succeeds and is no failure of anything`,
    { timeout: 180_000 },
    async (test) => {
      const service = await startService(test);
      const client = new DocumentsClient(service.url);
      const startedWith = service.output;
      const content = randomBytes(SLOW_SECONDS * BYTES_PER_SECOND);
      const startedAt = performance.now();
      const { status, body } = await client.uploadStream('slow.bin', throttled(content));
      expect(performance.now() - startedAt).toBeGreaterThan(SLOW_SECONDS * 1_000);
      expect(status).toBe(201);
      const sha256 = createHash('sha256').update(content).digest('hex');
      expect(await client.download(body.id)).toMatchObject({ sha256 });
      const metrics = await readMetrics(service.url);
      expect(failed(metrics)).toEqual([]);
      expect(ended(metrics, 'storage', 'put')).toMatchObject({ success: 1, cancelled: 0 });
      const said = service.output.slice(startedWith.length).split('\n');
      expect(said.filter((line) => /WARN|ERROR/.test(line))).toEqual([]);
    },
  );
});

async function startService({ onTestFinished }: TestContext): Promise<ServiceProcess> {
  // No background probes: they write a file for a moment.
  const service = await ServiceProcess.start({ env: { STATUS_PROBE_INTERVAL: '1h' } });
  onTestFinished(() => service.dispose());
  await eventually(() => expect(service.output).toContain('Swept in'), 20_000);
  return service;
}

async function* throttled(content: Buffer): AsyncGenerator<Buffer> {
  for (let start = 0; start < content.length; start += BYTES_PER_SECOND) {
    yield content.subarray(start, start + BYTES_PER_SECOND);
    await sleep(1_000);
  }
}

/** @returns how many contents were left unfinished by the kills, and removed */
async function crashRepeatedly(test: TestContext): Promise<number> {
  const service = await startService(test);
  const client = new DocumentsClient(service.url);
  const traffic = new CrashTraffic(client);
  let removed = 0;
  for (let kill = 0; kill < KILLS; kill++) {
    await killAmid(traffic, service);
    await service.run();
    removed += await sweptContents(service);
    await expectMatch(service, client, traffic);
  }
  expect(traffic.deleted.size).toBeGreaterThan(0);
  for (const [id, sha256] of traffic.kept) {
    expect(await client.download(id)).toMatchObject({ sha256 });
  }
  return removed;
}

async function killAmid(traffic: CrashTraffic, service: ServiceProcess): Promise<void> {
  const enough = traffic.answered + randomInt(3, 15);
  const done = traffic.run();
  await Promise.race([
    done,
    eventually(() => expect(traffic.answered).toBeGreaterThan(enough), 60_000),
  ]);
  await sleep(randomInt(20));
  await service.kill9();
  await done;
}

/** Waits for the sweep; nothing but what was noted is left, so that nothing is set aside. */
async function sweptContents(service: ServiceProcess): Promise<number> {
  await eventually(() => expect(service.output).toContain('Swept in'), 20_000);
  expect(service.output).toContain(
    '0 documents without a content and 0 contents without a document set aside, 0 put back',
  );
  return Number(/(\d+) unfinished contents removed/.exec(service.output)?.[1]);
}

async function expectMatch(
  service: ServiceProcess,
  client: DocumentsClient,
  { kept, deleted }: CrashTraffic,
): Promise<void> {
  const listed = await listDocuments(client);
  const contents = await readdir(join(service.storageDirectory, 'documents'));
  expect(contents.sort()).toEqual([...listed.keys()].sort());
  for (const [id, sha256] of kept) expect(listed.get(id), `document ${id}`).toBe(sha256);
  expect([...deleted].filter((id) => listed.has(id))).toEqual([]);
}

interface Page {
  readonly documents: readonly { readonly id: string; readonly sha256: string }[];
  readonly nextCursor: string | null;
}

async function listDocuments(client: DocumentsClient): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  for (let next: string | null = ''; next !== null;) {
    const { body }: { body: Page } = await client.json<Page>(`/documents?limit=100${next}`);
    for (const { id, sha256 } of body.documents) found.set(id, sha256);
    next = body.nextCursor && `&cursor=${body.nextCursor}`;
  }
  return found;
}
