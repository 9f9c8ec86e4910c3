import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RedisServer } from '../servers/redis-server.js';
import { ServerWarden } from '../servers/server-warden.js';
import { TcpProxy } from '../servers/tcp-proxy.js';
import { CacheNode, type CacheNodeListener } from './cache-node.js';
import type { NodeMessage } from './node-calls.js';

/** Several processes with a cache each, one Redis, and between each of them and Redis a network with faults. */
export class Fleet {
  readonly redis: RedisServer;
  readonly proxies: readonly TcpProxy[];
  readonly nodes: readonly CacheNode[];
  readonly #dataDirectory: string;
  readonly #warden: ServerWarden;
  readonly #ears: FleetEars;

  private constructor(parts: FleetParts, nodes: readonly CacheNode[]) {
    this.redis = parts.redis;
    this.proxies = parts.proxies;
    this.#dataDirectory = parts.dataDirectory;
    this.#warden = parts.warden;
    this.#ears = parts.ears;
    this.nodes = nodes;
    parts.warden.watch(nodes.map(({ pid }) => pid));
  }

  /** Starts everything. @throws when a part of it does not start */
  static async start(nodes: number): Promise<Fleet> {
    const parts = await FleetParts.start(nodes);
    const starting = parts.proxies.map((proxy, index) => {
      const url = new URL(parts.redis.url);
      url.port = String(proxy.port);
      return CacheNode.start(index, url.href, parts.ears);
    });
    const started = await Promise.allSettled(starting);
    const running = started.flatMap((start) => (start.status === 'fulfilled' ? start.value : []));
    const fleet = new Fleet(parts, running);
    const failed = started.find((start) => start.status === 'rejected');
    if (!failed) return fleet;
    await fleet.dispose();
    throw failed.reason;
  }

  /** Has what the nodes tell brought to a listener, in place of the one before. */
  listen(listener: CacheNodeListener): void {
    this.#ears.listener = listener;
  }

  /** Kills Redis; it comes back on its port with what it had acknowledged. */
  async crashRedis(): Promise<void> {
    await this.redis.kill9();
  }

  /** Kills Redis and what it had stored. */
  async loseData(): Promise<void> {
    await this.redis.kill9();
    await rm(join(this.#dataDirectory, 'appendonlydir'), { recursive: true, force: true });
  }

  /** Ends all of it, by the ids of the processes that it started. */
  async dispose(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.dispose()));
    await Promise.all(this.proxies.map((proxy) => proxy.dispose()));
    await this.redis.dispose();
    await this.#warden.dismiss();
  }
}

/** Brings what nodes tell to whoever listens at the moment. */
class FleetEars implements CacheNodeListener {
  listener: CacheNodeListener | undefined;

  message(node: CacheNode, message: NodeMessage): void {
    this.listener?.message(node, message);
  }

  died(node: CacheNode, how: string): void {
    this.listener?.died(node, how);
  }
}

/** What has to be there before nodes can start. */
class FleetParts {
  readonly ears = new FleetEars();

  private constructor(
    readonly dataDirectory: string,
    readonly warden: ServerWarden,
    readonly redis: RedisServer,
    readonly proxies: readonly TcpProxy[],
  ) {}

  static async start(nodes: number): Promise<FleetParts> {
    const directory = await mkdtemp(join(tmpdir(), 'fleet-'));
    const warden = new ServerWarden(directory);
    const args = ['--dir', directory, '--appendonly', 'yes', '--appendfsync', 'no'];
    const redis = await RedisServer.start({ args });
    const starts = Array.from({ length: nodes }, () => TcpProxy.start(redis.port));
    return new FleetParts(directory, warden, redis, await Promise.all(starts));
  }
}
