import { execFileSync } from 'node:child_process';
import { chown, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { account } from './postgres-account.js';
import { templateOf } from './server-template.js';
import { unprivilegedUser } from './unprivileged-user.js';

const INITDB = ['--no-sync', '--wal-segsize=1', '--encoding=UTF8', '--locale=C'];
const AUTHENTICATION = ['--auth=scram-sha-256', `--username=${account.superuser}`];
const STATEMENTS = [
  `CREATE ROLE ${account.user} LOGIN PASSWORD '${account.password}';`,
  `CREATE DATABASE ${account.database} OWNER ${account.user};`,
];

/** Copies a data directory that is ready for use to `target`, which must not exist. */
export async function copyTemplate(programs: string, target: string): Promise<void> {
  const template = await templateOf({
    folder: 'postgres',
    recipe: recipeOf(programs),
    make: (draft) => makeTemplate(programs, draft),
  });
  run('cp', ['-a', template, target]);
}

function recipeOf(programs: string): readonly unknown[] {
  const version = run(join(programs, 'postgres'), ['--version']);
  const owner = unprivilegedUser('postgres')?.uid ?? process.getuid?.();
  return [version, INITDB, AUTHENTICATION, STATEMENTS, account.superuserPassword, owner];
}

async function makeTemplate(programs: string, target: string): Promise<void> {
  const user = unprivilegedUser('postgres');
  const workshop = await mkdtemp(join(tmpdir(), 'postgres-'));
  try {
    const password = join(workshop, 'password');
    await writeFile(password, account.superuserPassword);
    if (user)
      await Promise.all([workshop, password].map((path) => chown(path, user.uid, user.gid)));
    const data = join(workshop, 'data');
    const access = [...AUTHENTICATION, `--pwfile=${password}`];
    run(join(programs, 'initdb'), [...INITDB, ...access, data], { cwd: workshop, ...user });
    const single = ['--single', '-D', data, '-c', 'fsync=off', '-c', 'exit_on_error=on'];
    run(join(programs, 'postgres'), [...single, 'postgres'], {
      cwd: workshop,
      input: `${STATEMENTS.join('\n')}\n`,
      ...user,
    });
    run('cp', ['-a', data, target]);
  } finally {
    await rm(workshop, { recursive: true, force: true });
  }
}

function run(
  command: string,
  args: readonly string[],
  options: { cwd?: string; input?: string; uid?: number; gid?: number } = {},
): string {
  return execFileSync(command, args, { encoding: 'utf8', stdio: 'pipe', ...options });
}
