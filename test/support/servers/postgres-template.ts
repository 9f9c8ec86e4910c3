import { createHash, randomUUID } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chown, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from '../../../scripts/root.mjs';
import { account } from './postgres-account.js';
import { postgresUser } from './postgres-user.js';

const INITDB = ['--no-sync', '--wal-segsize=1', '--encoding=UTF8', '--locale=C'];
const AUTHENTICATION = ['--auth=scram-sha-256', `--username=${account.superuser}`];
const STATEMENTS = [
  `CREATE ROLE ${account.user} LOGIN PASSWORD '${account.password}';`,
  `CREATE DATABASE ${account.database} OWNER ${account.user};`,
];

/** Copies a data directory that is ready for use to `target`, which must not exist. */
export async function copyTemplate(programs: string, target: string): Promise<void> {
  const template = await templateOf(programs);
  run('cp', ['-a', template, target]);
}

/**
 * The data directory that all servers of one version start from, made when it is needed first. It is built beside its
 * place and moved there, so that processes that make it at the same time do not disturb each other.
 */
async function templateOf(programs: string): Promise<string> {
  const template = join(root, 'build/postgres', templateName(programs));
  if (existsSync(template)) return template;
  const draft = `${template}.${randomUUID()}`;
  await mkdir(join(root, 'build/postgres'), { recursive: true });
  await makeTemplate(programs, draft);
  try {
    await rename(draft, template);
  } catch (error) {
    if (!existsSync(template)) throw error;
    await rm(draft, { recursive: true }); // somebody else was faster
  }
  return template;
}

/** A name that changes with whatever changes the content. */
function templateName(programs: string): string {
  const version = run(join(programs, 'postgres'), ['--version']);
  const recipe = [version, ...INITDB, ...AUTHENTICATION, ...STATEMENTS, account.superuserPassword];
  const owner = postgresUser()?.uid ?? process.getuid?.();
  return createHash('sha256')
    .update(JSON.stringify([recipe, owner]))
    .digest('hex')
    .slice(0, 16);
}

async function makeTemplate(programs: string, target: string): Promise<void> {
  const user = postgresUser();
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
