import { afterEach, beforeAll, expect, it } from 'vitest';
import { account } from '../support/servers/postgres-account.js';
import { describeOwnServers } from '../support/servers/describe-own-servers.js';
import type { ServerBehindProxy } from '../support/servers/server-behind-proxy.js';
import { engines } from '../support/chaos/engines.js';
import { blackHoled, frozen, refused } from '../support/chaos/outage.js';
import { DocumentsClient } from '../support/documents-client.js';
import { eventually } from '../support/eventually.js';
import { healthOf } from '../support/health.js';
import { expectUnavailable } from '../support/problem.js';
import { ServiceProcess } from '../support/service-process.js';

/** What an outage may add to a start: it is waited for half a second. */
const OUTAGE_ADDS_MS = 1_500;
const RECOVERS_WITHIN_MS = 5_000;
/** Whatever else the machine does can only make a start longer: the shortest of a few is what it takes. */
const STARTS = 4;

let server: ServerBehindProxy;
let service: ServiceProcess;
/** What a start takes with everything there, in milliseconds. */
let usualStartMs: number;

beforeAll(async () => {
  const usual = await ServiceProcess.create({
    env: { CACHE_URL: 'memory:', DATABASE_URL: 'sqlite:./documents.sqlite' },
  });
  try {
    await usual.listen(); // makes the database
    await usual.kill9();
    usualStartMs = await usual.listen();
  } finally {
    await usual.dispose();
  }
});

afterEach(async () => {
  await service?.dispose();
  await server?.dispose();
});

/** @param withinMs what is short enough */
async function shortestStart(withinMs: number): Promise<number> {
  let shortest = Infinity;
  for (let start = 0; start < STARTS && shortest >= withinMs; start++) {
    if (start > 0) await service.kill9();
    shortest = Math.min(shortest, await service.listen());
  }
  return shortest;
}

/** @param cached what the service says of a document that it has just loaded */
async function expectEverythingWorks(client: DocumentsClient, cached: string): Promise<void> {
  const { status, body } = await client.upload({ name: 'after.txt', content: 'after' });
  expect(status).toBe(201);
  await client.json(body.links.self);
  expect((await client.json(body.links.self)).headers.get('x-cache')).toBe(cached);
  expect((await client.json('/documents')).body).toMatchObject({ documents: [{ id: body.id }] });
  expect(await client.download(body.id)).toMatchObject({ sha256: body.sha256 });
  expect((await client.json(body.links.self, { method: 'DELETE' })).status).toBe(204);
}

for (const engine of engines) {
  describeOwnServers(`a service that starts while ${engine.name} is away`, () => {
    it.each([refused, blackHoled, frozen])(
      'listens at once, says so, and uses it by itself when it is there ($name)',
      async (outage) => {
        server = await engine.start();
        await outage.begin(server);
        service = await ServiceProcess.create({
          env: {
            CACHE_URL: 'memory:',
            DATABASE_URL: 'sqlite:./documents.sqlite',
            [engine.urlVariable]: outage.url(server),
            [engine.bootVariable]: 'degraded',
          },
        });
        const client = new DocumentsClient(service.url);

        const listensWithinMs = usualStartMs + OUTAGE_ADDS_MS;
        expect(await shortestStart(listensWithinMs)).toBeLessThan(listensWithinMs);
        expect((await healthOf(service.url, engine.resource)).state).toBe(engine.stateWhenAway);
        if (engine.resource === 'database') {
          expectUnavailable(await client.json('/documents'), '/documents');
        } else {
          // Nobody can say whether another instance has changed it meanwhile.
          await expectEverythingWorks(client, 'stale');
        }

        await outage.end(server);
        const { pid } = service;
        await eventually(async () => {
          expect((await healthOf(service.url, engine.resource)).state).toBe('up');
          await expectEverythingWorks(client, 'hit');
        }, RECOVERS_WITHIN_MS);
        expect(service.pid).toBe(pid);
        expect(service.output).not.toContain(account.password);
      },
    );
  });
}
