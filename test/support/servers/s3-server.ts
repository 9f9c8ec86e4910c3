import { execFile } from 'node:child_process';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { hasCeph } from '../../../scripts/find-servers.mjs';
import { missingMessage } from '../../../scripts/plan-servers.mjs';
import { freePort } from '../free-port.js';
import { BorrowedServer } from './borrowed-server.js';
import { CephCluster } from './ceph-cluster.js';
import type { ServerControl } from './server-control.js';
import { ServerProcess } from './server-process.js';

const ACCOUNT = { accessKeyId: 'AKTESTS', secretAccessKey: 's3-s3cret-0f-the-tests' } as const;

/**
 * A real S3 server on a port of its own: Ceph's RADOS gateway, which checks signatures and preconditions as S3 does.
 * Killing, freezing and restarting mean the gateway; what was stored stays. It takes about 15 s to start and 150 MB, so
 * start one for a whole file of tests. Call {@link dispose} in the end.
 *
 * With TEST_S3_URL (`http://key:secret@host:port`) set it is that server, which the test can neither kill nor freeze.
 */
export class S3Server implements ServerControl {
  readonly endpoint: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  readonly #control: ServerControl;
  readonly #cluster: CephCluster | undefined;

  private constructor(
    endpoint: string,
    credentials: S3Server['credentials'],
    control: ServerControl,
    cluster?: CephCluster,
  ) {
    this.endpoint = endpoint;
    this.credentials = credentials;
    this.#control = control;
    this.#cluster = cluster;
  }

  /** Starts a server and waits until it answers. @throws with its log when it does not */
  static async start(): Promise<S3Server> {
    const running = process.env['TEST_S3_URL'];
    if (running) {
      const { origin, username, password } = new URL(running);
      const credentials = { accessKeyId: username, secretAccessKey: password };
      const control = new BorrowedServer('TEST_S3_URL', async () => undefined);
      return new S3Server(origin, credentials, control);
    }
    if (!hasCeph()) throw new Error(missingMessage(['radosgw']));
    const port = await freePort();
    const endpoint = `http://127.0.0.1:${port}`;
    const cluster = await CephCluster.start(port);
    try {
      const gateway = await startGateway(cluster, endpoint);
      const server = new S3Server(endpoint, ACCOUNT, gateway, cluster);
      const { accessKeyId, secretAccessKey } = ACCOUNT;
      const keys = ['--access-key', accessKeyId, '--secret-key', secretAccessKey];
      await server.admin('user', 'create', '--uid=tests', '--display-name=tests', ...keys);
      return server;
    } catch (error) {
      await cluster.dispose();
      throw error;
    }
  }

  /** Runs `radosgw-admin`, for what S3 itself has no request for: quotas, suspended users. */
  async admin(...args: readonly string[]): Promise<void> {
    if (!this.#cluster) throw new Error("The server of TEST_S3_URL is not the tests' own.");
    const own = ['-c', this.#cluster.configuration, '-n', 'client.rgw'];
    await promisify(execFile)('radosgw-admin', [...own, ...args], { timeout: 30_000 });
  }

  kill9(): Promise<void> {
    return this.#control.kill9();
  }

  stop(): void {
    this.#control.stop();
  }

  resume(): void {
    this.#control.resume();
  }

  restart(): Promise<void> {
    return this.#control.restart();
  }

  async dispose(): Promise<void> {
    await this.#control.dispose();
    await this.#cluster?.dispose();
  }
}

async function startGateway(cluster: CephCluster, endpoint: string): Promise<ServerProcess> {
  return ServerProcess.start({
    command: 'radosgw',
    args: ['-c', cluster.configuration, '-n', 'client.rgw', '-f'],
    directory: await mkdtemp(join(tmpdir(), 'radosgw-')),
    endSignal: 'SIGTERM',
    isReady: async () => (await fetch(endpoint).catch(() => undefined))?.ok === true,
  });
}
