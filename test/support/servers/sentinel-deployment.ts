import { setTimeout as sleep } from 'node:timers/promises';
import { createClient } from 'redis';
import { RedisServer } from './redis-server.js';
import { MASTER_NAME, SentinelServer } from './sentinel-server.js';

const READY_TIMEOUT_MS = 20_000;
const POLL_MS = 50;

/** A Redis with a replica, and three sentinels that agree by two. */
export class SentinelDeployment {
  /** The master at the beginning, and its replica. */
  readonly redis: readonly [RedisServer, RedisServer];
  readonly sentinels: readonly SentinelServer[];
  readonly #passwords: Passwords;

  private constructor(
    redis: readonly [RedisServer, RedisServer],
    sentinels: readonly SentinelServer[],
    passwords: Passwords,
  ) {
    this.redis = redis;
    this.sentinels = sentinels;
    this.#passwords = passwords;
  }

  /** Starts all servers, and waits until a failover could succeed. */
  static async start(passwords: Passwords = {}): Promise<SentinelDeployment> {
    const login = passwords.redis
      ? ['--requirepass', passwords.redis, '--masterauth', passwords.redis]
      : [];
    // A replica need not wait for others to come before it is sent the data.
    const args = [...login, '--repl-diskless-sync-delay', '0'];
    const master = await RedisServer.start({ args });
    const replicaOf = ['--replicaof', `127.0.0.1 ${master.port}`];
    const replica = await RedisServer.start({ args: [...args, ...replicaOf] });
    const options = { masterPort: master.port, quorum: 2 };
    const started = [1, 2, 3].map(() =>
      SentinelServer.start({
        ...options,
        redisPassword: passwords.redis,
        password: passwords.sentinels,
      }),
    );
    const sentinels = await Promise.all(started);
    const deployment = new SentinelDeployment([master, replica], sentinels, passwords);
    await deployment.#ready();
    return deployment;
  }

  /** What the sentinels are reached by, without logins: `host:port,host:port`. */
  get hosts(): string {
    return this.sentinels.map(({ port }) => `127.0.0.1:${port}`).join(',');
  }

  /** Sends a command to a sentinel. */
  askSentinel(index: number, ...command: string[]): Promise<unknown> {
    const port = this.sentinels[index]?.port;
    return send(`redis://127.0.0.1:${port}`, this.#passwords.sentinels, command);
  }

  /** Sends a command to one of the two Redis. */
  askRedis(server: RedisServer, ...command: string[]): Promise<unknown> {
    return send(server.url, this.#passwords.redis, command);
  }

  async dispose(): Promise<void> {
    for (const server of [...this.sentinels, ...this.redis]) await server.dispose();
  }

  async #ready(): Promise<void> {
    for (const end = performance.now() + READY_TIMEOUT_MS; performance.now() < end;) {
      if ((await Promise.all([0, 1, 2].map((index) => this.#isReady(index)))).every(Boolean))
        return;
      await sleep(POLL_MS);
    }
    throw new Error(`The sentinels did not find each other within ${READY_TIMEOUT_MS} ms.`);
  }

  /** Whether a sentinel knows the two others and a replica that has the data. */
  async #isReady(index: number): Promise<boolean> {
    const [replicas, others] = await Promise.all([
      this.askSentinel(index, 'SENTINEL', 'REPLICAS', MASTER_NAME),
      this.askSentinel(index, 'SENTINEL', 'SENTINELS', MASTER_NAME),
    ]);
    const [replica] = replicas as { 'master-link-status'?: string }[];
    return replica?.['master-link-status'] === 'ok' && (others as unknown[]).length === 2;
  }
}

/** What the servers of a {@link SentinelDeployment} ask for. */
export interface Passwords {
  readonly redis?: string;
  readonly sentinels?: string;
}

async function send(
  url: string,
  password: string | undefined,
  command: string[],
): Promise<unknown> {
  const client = createClient({ url, ...(password && { password }), RESP: 3 });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await client.sendCommand(command);
  } finally {
    client.destroy();
  }
}
