import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort } from '../free-port.js';
import { ServerProcess } from './server-process.js';

const run = promisify(execFile);
/** How long one of Ceph's own tools may take, in milliseconds. */
const TOOL_TIMEOUT_MS = 30_000;
const STORE_BYTES = 1_073_741_824;

/**
 * The part of a Ceph cluster that keeps objects, in memory: one monitor and one store, on the loopback interface alone.
 * It stays as it is while the gateway before it is killed.
 */
export class CephCluster {
  readonly #home: string;
  readonly #processes: readonly ServerProcess[];

  private constructor(home: string, processes: readonly ServerProcess[]) {
    this.#home = home;
    this.#processes = processes;
  }

  /** Starts both and waits until the store is up. @param gatewayPort of the S3 gateway, whose settings stand beside */
  static async start(gatewayPort: number): Promise<CephCluster> {
    const home = await mkdtemp(join(tmpdir(), 'ceph-'));
    try {
      await prepare(home, gatewayPort);
    } catch (error) {
      await rm(home, { recursive: true });
      throw error;
    }
    const monitor = await ServerProcess.start({
      command: 'ceph-mon',
      args: ['-c', 'ceph.conf', '-i', 'a', '-f'],
      directory: home,
      endSignal: 'SIGTERM',
      isReady: () => answers(home, ['mon', 'stat'], '1 mons'),
    });
    try {
      return new CephCluster(home, [await startStore(home), monitor]);
    } catch (error) {
      await monitor.dispose();
      throw error;
    }
  }

  /** Where `ceph.conf` is, and the keys. */
  get configuration(): string {
    return join(this.#home, 'ceph.conf');
  }

  async dispose(): Promise<void> {
    for (const process of this.#processes) await process.dispose();
  }
}

async function prepare(home: string, gatewayPort: number): Promise<void> {
  const [first, second] = [await freePort(), await freePort()];
  const addresses = `v2:127.0.0.1:${second},v1:127.0.0.1:${first}`;
  const id = randomUUID();
  for (const folder of ['mon', 'osd', 'gateway']) await mkdir(join(home, folder));
  await writeFile(join(home, 'ceph.conf'), configurationOf(home, id, addresses, gatewayPort));
  await makeKey(home, 'mon.', ['--cap', 'mon', 'allow *'], true);
  for (const client of ['client.admin', 'client.rgw']) {
    const all = ['mon', 'osd', 'mgr'].flatMap((part) => ['--cap', part, 'allow *']);
    await makeKey(home, client, all, false);
  }
  const map = ['--create', '--fsid', id, '--addv', 'a', `[${addresses}]`, 'monmap'];
  await tool(home, 'monmaptool', map);
  const mkfs = ['--mkfs', '--monmap', 'monmap', '--keyring', 'keyring'];
  await tool(home, 'ceph-mon', ['-c', 'ceph.conf', '-i', 'a', ...mkfs]);
}

async function startStore(home: string): Promise<ServerProcess> {
  const directory = await mkdtemp(join(tmpdir(), 'ceph-osd-'));
  const { stdout } = await tool(home, 'ceph-authtool', ['--gen-print-key']);
  const [secret, id] = [stdout.trim(), randomUUID()];
  await writeFile(join(home, 'osd.json'), JSON.stringify({ cephx_secret: secret }));
  await ceph(home, ['osd', 'new', id, '-i', 'osd.json']);
  const ring = ['--create-keyring', 'osd/keyring', '--name', 'osd.0', '--add-key', secret];
  await tool(home, 'ceph-authtool', ring);
  const configuration = join(home, 'ceph.conf');
  await tool(home, 'ceph-osd', ['-c', configuration, '-i', '0', '--mkfs', '--osd-uuid', id]);
  await ceph(home, ['osd', 'crush', 'add', 'osd.0', '1.0', 'host=localhost', 'root=default']);
  return ServerProcess.start({
    command: 'ceph-osd',
    args: ['-c', configuration, '-i', '0', '-f'],
    directory,
    endSignal: 'SIGTERM',
    isReady: () => answers(home, ['osd', 'stat'], '1 up'),
  });
}

async function makeKey(
  home: string,
  name: string,
  rights: readonly string[],
  isFirst: boolean,
): Promise<void> {
  const create = isFirst ? ['--create-keyring'] : [];
  await tool(home, 'ceph-authtool', [...create, 'keyring', '--gen-key', '-n', name, ...rights]);
}

function ceph(home: string, args: readonly string[]): Promise<{ stdout: string }> {
  return tool(home, 'ceph', ['-c', 'ceph.conf', '--connect-timeout', '10', ...args]);
}

async function answers(home: string, args: readonly string[], text: string): Promise<boolean> {
  try {
    return (await ceph(home, args)).stdout.includes(text);
  } catch {
    return false; // not yet
  }
}

function tool(home: string, program: string, args: readonly string[]): Promise<{ stdout: string }> {
  return run(program, args, { cwd: home, timeout: TOOL_TIMEOUT_MS });
}

function configurationOf(home: string, id: string, addresses: string, port: number): string {
  const settings = {
    global: {
      fsid: id,
      'mon host': addresses,
      'mon initial members': 'a',
      'public addr': '127.0.0.1',
      'cluster addr': '127.0.0.1',
      'osd pool default size': 1,
      'osd pool default min size': 1,
      'mon allow pool size one': true,
      'osd crush chooseleaf type': 0,
      'osd pool default pg num': 4,
      'osd pool default pg autoscale mode': 'off',
      'mon max pg per osd': 1_000,
      'osd objectstore': 'memstore',
      'memstore device bytes': STORE_BYTES,
      'run dir': home,
      'log file': `${home}/$name.log`,
      'admin socket': `${home}/$name.asok`,
      'pid file': `${home}/$name.pid`,
      'mon data': `${home}/mon`,
      'osd data': `${home}/osd`,
    },
    mon: { keyring: `${home}/keyring` },
    osd: { keyring: `${home}/osd/keyring` },
    client: { keyring: `${home}/keyring` },
    'client.rgw': {
      'rgw frontends': `beast endpoint=127.0.0.1:${port}`,
      'rgw data': `${home}/gateway`,
    },
  };
  const lines = Object.entries(settings).flatMap(([section, values]) => [
    `[${section}]`,
    ...Object.entries(values).map(([name, value]) => `${name} = ${value}`),
  ]);
  return `${lines.join('\n')}\n`;
}
