import { execFileSync } from 'node:child_process';
import { chown, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { findMariadb } from '../../../scripts/find-servers.mjs';
import { mariadbAccount } from './mariadb-account.js';
import { templateOf } from './server-template.js';
import { unprivilegedUser } from './unprivileged-user.js';

/** What a MariaDB server of one's own takes. */
export type MariadbPrograms = NonNullable<ReturnType<typeof findMariadb>>;

/** Small files; they are read when the data is made and when it is used. */
export const MARIADB_FILES = ['--innodb-log-file-size=4M'];

const { user, password, database, admin, adminPassword } = mariadbAccount;

/** One a line, as the server wants them while it has no tables of its own yet. */
const BEFORE = [
  'CREATE DATABASE mysql;',
  'USE mysql;',
  'SET @auth_root_socket=NULL;',
  'SET @skip_auth_anonymous=1;',
];
const AFTER = [
  'FLUSH PRIVILEGES;',
  `CREATE DATABASE ${database};`,
  `CREATE USER '${user}'@'%' IDENTIFIED BY '${password}';`,
  `GRANT ALL ON ${database}.* TO '${user}'@'%';`,
  `CREATE USER '${admin}'@'%' IDENTIFIED BY '${adminPassword}';`,
  `GRANT ALL ON *.* TO '${admin}'@'%' WITH GRANT OPTION;`,
  "DROP USER 'root'@'localhost';",
];

/** Copies a data directory that is ready for use to `target`, which must not exist. */
export async function copyMariadbTemplate(
  programs: MariadbPrograms,
  target: string,
): Promise<void> {
  const owner = unprivilegedUser('mysql')?.uid ?? process.getuid?.();
  const version = run(programs.program, ['--version']);
  const template = await templateOf({
    folder: 'mariadb',
    recipe: [version, MARIADB_FILES, BEFORE, AFTER, owner],
    make: (draft) => makeTemplate(programs, draft),
  });
  run('cp', ['-a', template, target]);
}

async function makeTemplate(programs: MariadbPrograms, target: string): Promise<void> {
  const account = unprivilegedUser('mysql');
  const workshop = await mkdtemp(join(tmpdir(), 'mariadb-'));
  try {
    const data = join(workshop, 'data');
    await mkdir(data);
    if (account)
      await Promise.all([workshop, data].map((path) => chown(path, account.uid, account.gid)));
    const place = ['--no-defaults', `--datadir=${data}`, `--lc-messages-dir=${programs.home}`];
    const quick = ['--innodb-flush-log-at-trx-commit=0', '--skip-networking'];
    run(programs.program, [...place, ...MARIADB_FILES, ...quick, '--bootstrap'], {
      cwd: workshop,
      input: await statementsOf(programs),
      ...account,
    });
    run('cp', ['-a', data, target]);
  } finally {
    await rm(workshop, { recursive: true, force: true });
  }
}

/** MariaDB's own statements, less those that give root a login for each name of this machine. */
async function statementsOf({ home, tables }: MariadbPrograms): Promise<string> {
  const files = [`${tables}.sql`, `${tables}_data.sql`];
  const texts = await Promise.all(files.map((file) => readFile(join(home, file), 'utf8')));
  const own = texts.join('\n').replace(/^.*@current_hostname.*$/gm, '');
  return [...BEFORE, own, ...AFTER, ''].join('\n');
}

function run(
  command: string,
  args: readonly string[],
  options: { cwd?: string; input?: string; uid?: number; gid?: number } = {},
): string {
  return execFileSync(command, args, { encoding: 'utf8', stdio: 'pipe', ...options });
}
