import { chown, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findPostgresPrograms } from '../../../scripts/find-servers.mjs';
import { missingMessage } from '../../../scripts/plan-servers.mjs';
import { freePort } from '../free-port.js';
import { borrowPostgres } from './borrow-postgres.js';
import { pingPostgres } from './ping-postgres.js';
import { account, postgresUrl } from './postgres-account.js';
import { copyTemplate } from './postgres-template.js';
import type { ServerControl } from './server-control.js';
import { ServerProcess } from './server-process.js';
import { unprivilegedUser } from './unprivileged-user.js';

/** How a server is started, see {@link PostgresServer.start}. */
export interface PostgresServerOptions {
  /** Settings as in `postgresql.conf`, for example `{ max_connections: '10' }`. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Whether commits survive a crash of the machine; those of the server they always do. @default false */
  readonly durable?: boolean;
}

/**
 * A real PostgreSQL for one test, on a port of its own, with a database and a role that owns it and is no superuser.
 * Call {@link dispose} in the end.
 *
 * With TEST_POSTGRES_URL set it is a database of that server, which the test can neither kill nor freeze.
 */
export class PostgresServer implements ServerControl {
  readonly url: string;
  /** The same database as a superuser; with TEST_POSTGRES_URL, as the user of that URL. */
  readonly adminUrl: string;
  readonly port: number;
  readonly #control: ServerControl;

  private constructor(url: string, adminUrl: string, control: ServerControl) {
    this.url = url;
    this.adminUrl = adminUrl;
    this.port = Number(new URL(url).port || 5432);
    this.#control = control;
  }

  /** Starts a server and waits until it answers queries. @throws with its log when it does not */
  static async start(options: PostgresServerOptions = {}): Promise<PostgresServer> {
    const running = process.env['TEST_POSTGRES_URL'];
    if (running) {
      const { url, control } = await borrowPostgres(running);
      return new PostgresServer(url, url, control);
    }
    const programs = findPostgresPrograms();
    if (programs === undefined) throw new Error(missingMessage(['postgresql']));
    const port = await freePort();
    const url = postgresUrl(port, account.user, account.password);
    const control = await startOwn(programs, port, url, options);
    return new PostgresServer(
      url,
      postgresUrl(port, account.superuser, account.superuserPassword),
      control,
    );
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

  dispose(): Promise<void> {
    return this.#control.dispose();
  }
}

async function startOwn(
  programs: string,
  port: number,
  url: string,
  { settings = {}, durable = false }: PostgresServerOptions,
): Promise<ServerControl> {
  const directory = await mkdtemp(join(tmpdir(), 'postgres-'));
  const user = unprivilegedUser('postgres');
  if (user) await chown(directory, user.uid, user.gid);
  const data = join(directory, 'data');
  await copyTemplate(programs, data);
  const all = { ...placeSettings(port), ...(durable ? {} : quickSettings), ...settings };
  return ServerProcess.start({
    command: join(programs, 'postgres'),
    args: [
      '-D',
      data,
      ...Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
    ],
    directory,
    user,
    endSignal: 'SIGINT', // its "fast shutdown"
    isReady: () => pingPostgres(url),
  });
}

/** Reachable over the loopback interface alone, with all that it shares among its processes in its own directory. */
function placeSettings(port: number): Record<string, string> {
  return {
    port: String(port),
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    dynamic_shared_memory_type: 'mmap',
    shared_buffers: '16MB',
  };
}

/** What costs time and only matters when the whole machine crashes. */
const quickSettings = { fsync: 'off', full_page_writes: 'off' };
