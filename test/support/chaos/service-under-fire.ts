import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { DocumentsClient, type DocumentView } from '../documents-client.js';
import { eventually } from '../eventually.js';
import { healthOf } from '../health.js';
import { ServerBehindProxy } from '../servers/server-behind-proxy.js';
import { ServiceProcess } from '../service-process.js';
import type { Disturbance } from './disturbance.js';
import { Traffic, type TrafficKind, type TrafficResult } from './traffic.js';

/** What goes on while nothing can be uploaded: after a while, there is nothing left to delete. */
const STEADY: readonly TrafficKind[] = ['show', 'list', 'download', 'upload'];
/** Long enough for background probes to notice, and for breakers to open. */
const OUTAGE_MS = 3_000;
const HEALS_WITHIN_MS = 5_000;
/** Two intervals of background probes, each up to a tenth longer. */
const SEEN_WITHIN_MS = 11_000;

/** What the traffic met. */
export interface Experience {
  readonly all: readonly TrafficResult[];
  /** Of requests that began while the server was away. */
  readonly during: readonly TrafficResult[];
  /** Of requests that were under way when it went. */
  readonly cut: readonly TrafficResult[];
}

/** A service on a Redis and a PostgreSQL of its own that is disturbed while it is used. */
export class ServiceUnderFire {
  readonly redis: ServerBehindProxy;
  readonly postgres: ServerBehindProxy;
  readonly service: ServiceProcess;
  readonly client: DocumentsClient;
  /** A document that stays, and that is in the cache. */
  readonly kept: DocumentView;

  private constructor(
    redis: ServerBehindProxy,
    postgres: ServerBehindProxy,
    service: ServiceProcess,
    kept: DocumentView,
  ) {
    this.redis = redis;
    this.postgres = postgres;
    this.service = service;
    this.client = new DocumentsClient(service.url);
    this.kept = kept;
  }

  /** @param url which way the service reaches its servers: straight, or through their proxies */
  static async start(
    env: Readonly<Record<string, string>>,
    url: 'url' | 'proxiedUrl' = 'url',
  ): Promise<ServiceUnderFire> {
    const [redis, postgres] = await Promise.all([
      ServerBehindProxy.redis(),
      ServerBehindProxy.postgres(),
    ]);
    const engines = { CACHE_URL: redis[url], DATABASE_URL: postgres[url] };
    const service = await ServiceProcess.start({ env: { ...engines, ...env } });
    const client = new DocumentsClient(service.url);
    const { body: kept } = await client.upload({ name: 'kept.txt', content: 'kept' });
    await client.json(kept.links.self);
    return new ServiceUnderFire(redis, postgres, service, kept);
  }

  /**
   * Disturbs one of the servers in the middle of traffic.
   * @param meanwhile what to look at while the server is away
   */
  async experience(
    disturbed: 'redis' | 'postgres',
    disturbance: Disturbance,
    meanwhile: () => Promise<void>,
  ): Promise<Experience> {
    const server = this[disturbed];
    const traffic = new Traffic(this.service.url, this.kept);
    try {
      await answered(traffic, [...STEADY, 'delete'], performance.now());
      const beganAt = performance.now();
      await disturbance.begin(server);
      if (disturbance.isOutage) {
        await Promise.all([meanwhile(), sleep(OUTAGE_MS)]);
        await answered(traffic, STEADY, performance.now());
      }
      const endedAt = performance.now();
      await disturbance.end(server);
      await this.#healed();
      const all = await traffic.stop();
      return {
        all,
        during: all.filter(({ startedAt }) => startedAt >= beganAt && startedAt < endedAt),
        cut: all.filter(
          (one) => one.startedAt < beganAt && one.startedAt + one.durationMs >= beganAt,
        ),
      };
    } finally {
      await traffic.stop();
    }
  }

  /** Uploads, finds, lists, downloads and deletes a document. */
  async expectEverythingWorks(): Promise<void> {
    const { client } = this;
    const { status, body } = await client.upload({ name: 'works.txt', content: 'works' });
    expect(status).toBe(201);
    expect((await client.json(body.links.self)).status).toBe(200);
    expect((await client.json('/documents?limit=1')).status).toBe(200);
    expect(await client.download(body.id)).toMatchObject({ sha256: body.sha256 });
    expect((await client.json(body.links.self, { method: 'DELETE' })).status).toBe(204);
  }

  async dispose(): Promise<void> {
    await this.service.dispose();
    await Promise.all([this.redis.dispose(), this.postgres.dispose()]);
  }

  async #healed(): Promise<void> {
    await eventually(() => this.expectEverythingWorks(), HEALS_WITHIN_MS);
    await eventually(async () => {
      expect((await healthOf(this.service.url, 'cache')).state).toBe('up');
      expect((await healthOf(this.service.url, 'database')).state).toBe('up');
    }, SEEN_WITHIN_MS);
  }
}

/** Waits until requests of all these kinds have begun after a time and been answered. */
async function answered(
  traffic: Traffic,
  kinds: readonly TrafficKind[],
  startedAt: number,
): Promise<void> {
  await eventually(() => {
    const seen = new Set(traffic.since(startedAt).map(({ kind }) => kind));
    expect([...seen]).toEqual(expect.arrayContaining([...kinds]));
  }, 20_000);
}
