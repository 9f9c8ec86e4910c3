import { chown, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findMariadb } from '../../../scripts/find-servers.mjs';
import { missingMessage } from '../../../scripts/plan-servers.mjs';
import { freePort } from '../free-port.js';
import { borrowMariadb } from './borrow-mariadb.js';
import { mariadbAccount, mariadbUrl } from './mariadb-account.js';
import { copyMariadbTemplate, MARIADB_FILES, type MariadbPrograms } from './mariadb-template.js';
import { pingMariadb } from './ping-mariadb.js';
import type { ServerControl } from './server-control.js';
import { ServerProcess } from './server-process.js';
import { unprivilegedUser } from './unprivileged-user.js';

/** How a server is started, see {@link MariadbServer.start}. */
export interface MariadbServerOptions {
  /** Arguments of `mariadbd`, for example `['--max-connections=10']`. */
  readonly args?: readonly string[];
}

/**
 * A real MariaDB for one test, on a port of its own, with a database and a user who may do everything in it and nothing
 * else. Call {@link dispose} in the end.
 *
 * With TEST_MARIADB_URL set it is a database of that server, which the test can neither kill nor freeze.
 */
export class MariadbServer implements ServerControl {
  readonly url: string;
  /** The same database as a user who may do everything; with TEST_MARIADB_URL, as the user of that URL. */
  readonly adminUrl: string;
  readonly port: number;
  readonly #control: ServerControl;

  private constructor(url: string, adminUrl: string, control: ServerControl) {
    this.url = url;
    this.adminUrl = adminUrl;
    this.port = Number(new URL(url).port || 3306);
    this.#control = control;
  }

  /** Starts a server and waits until it answers queries. @throws with its log when it does not */
  static async start({ args = [] }: MariadbServerOptions = {}): Promise<MariadbServer> {
    const running = process.env['TEST_MARIADB_URL'];
    if (running) {
      const { url, control } = await borrowMariadb(running);
      return new MariadbServer(url, url, control);
    }
    const programs = findMariadb();
    if (programs === undefined) throw new Error(missingMessage(['mariadb-server-core']));
    const port = await freePort();
    const { user, password, admin, adminPassword } = mariadbAccount;
    const url = mariadbUrl(port, user, password);
    const control = await startOwn(programs, port, url, args);
    return new MariadbServer(url, mariadbUrl(port, admin, adminPassword), control);
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
  programs: MariadbPrograms,
  port: number,
  url: string,
  args: readonly string[],
): Promise<ServerControl> {
  const directory = await mkdtemp(join(tmpdir(), 'mariadb-'));
  const user = unprivilegedUser('mysql');
  if (user) await chown(directory, user.uid, user.gid);
  const data = join(directory, 'data');
  await copyMariadbTemplate(programs, data);
  const place = [
    '--no-defaults',
    `--datadir=${data}`,
    `--lc-messages-dir=${programs.home}`,
    '--bind-address=127.0.0.1',
    `--port=${port}`,
    `--socket=${join(directory, 'socket')}`,
    `--pid-file=${join(directory, 'pid')}`,
    '--skip-name-resolve',
  ];
  return ServerProcess.start({
    command: programs.program,
    args: [...place, ...MARIADB_FILES, ...SMALL_AND_QUICK, ...args],
    directory,
    user,
    endSignal: 'SIGTERM',
    isReady: () => pingMariadb(url),
  });
}

/** What costs memory, or time that only matters when the whole machine crashes. */
const SMALL_AND_QUICK = ['--innodb-buffer-pool-size=8M', '--innodb-flush-log-at-trx-commit=0'];
