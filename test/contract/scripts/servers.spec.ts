import { spawnSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  findMariadb,
  findPostgresPrograms,
  findPrometheusPrograms,
  findRedisServer,
  hasCeph,
} from '../../../scripts/find-servers.mjs';
import { installScript, missingMessage, planServers } from '../../../scripts/plan-servers.mjs';

describe('planServers', () => {
  const privilege = vi.fn<() => 'root' | 'sudo' | 'none'>();

  beforeEach(() => {
    privilege.mockReset().mockReturnValue('root');
  });

  it('has nothing to do, and asks for nothing, when all servers are there', () => {
    const plan = planServers({ missing: [], env: {}, hasApt: true, privilege });
    expect(plan).toEqual({ kind: 'ready' });
    expect(privilege).not.toHaveBeenCalled();
  });

  it.each(['root', 'sudo'] as const)('installs what is missing as %s', (granted) => {
    privilege.mockReturnValue(granted);
    const missing = ['redis-server', 'postgresql'] as const;
    const plan = planServers({ missing, env: {}, hasApt: true, privilege });
    expect(plan).toEqual({ kind: 'install', packages: [...missing], privilege: granted });
  });

  it('does without a server whose URL is given', () => {
    const missing = ['redis-server', 'postgresql'] as const;
    const env = { TEST_REDIS_URL: 'redis://127.0.0.1:6379' };
    const plan = planServers({ missing, env, hasApt: true, privilege });
    expect(plan).toMatchObject({ kind: 'install', packages: ['postgresql'] });
    const both = { ...env, TEST_POSTGRES_URL: 'postgres://127.0.0.1/tests' };
    expect(planServers({ missing, env: both, hasApt: true, privilege })).toEqual({ kind: 'ready' });
  });

  it.each([
    ['there is no apt-get', false, 'root'],
    ['it may not be used', true, 'none'],
  ] as const)('tells in one plain line what is missing when %s', (_, hasApt, granted) => {
    privilege.mockReturnValue(granted);
    const missing = ['redis-server', 'postgresql'] as const;
    const plan = planServers({ missing, env: {}, hasApt, privilege });
    expect(plan).toEqual({ kind: 'tell', message: missingMessage(missing) });
  });
});

describe('missingMessage', () => {
  it('names the packages and the variables that do instead', () => {
    expect(missingMessage(['redis-server', 'postgresql'])).toMatch(
      /^Tests .* redis-server and postgresql, .* Install them, or set TEST_REDIS_URL and TEST_POSTGRES_URL .*\.\n$/,
    );
    expect(missingMessage(['postgresql'])).toMatch(/Install it, or set TEST_POSTGRES_URL to/);
    expect(missingMessage(['prometheus'])).toMatch(/ need prometheus, .* Install it\.\n$/);
  });
});

describe('installScript', () => {
  it('is a script that the shell understands', () => {
    const script = installScript(['redis-server', 'postgresql']);
    expect(spawnSync('sh', ['-n'], { input: script }).status).toBe(0);
  });

  it('updates the lists, then installs just the packages', () => {
    const lines = installScript(['redis-server', 'postgresql']).split('\n');
    expect(lines.at(-2)).toBe('apt-get update');
    expect(lines.at(-1)).toMatch(
      /^apt-get install -y --no-install-recommends .* redis-server postgresql$/,
    );
  });

  it('installs what a server needs besides its own package', () => {
    expect(installScript(['mariadb-server-core', 'radosgw']).split('\n').at(-1)).toMatch(
      / mariadb-server-core radosgw ceph-mon ceph-osd ceph-common$/,
    );
  });

  it('starts no service, and makes no cluster when PostgreSQL is among them', () => {
    expect(installScript(['redis-server'])).toContain('policy-rc.d');
    expect(installScript(['redis-server'])).not.toContain('createcluster.conf');
    expect(installScript(['postgresql'])).toContain('create_main_cluster = false');
  });
});

describe('finding servers', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'find-servers-'));
  });

  afterEach(async () => {
    await rm(folder, { recursive: true });
  });

  async function program(path: string, mode = 0o755): Promise<void> {
    const file = join(folder, path);
    await mkdir(join(file, '..'), { recursive: true });
    await writeFile(file, '');
    await chmod(file, mode);
  }

  it('takes redis-server from the first folder of the PATH that has it', async () => {
    await program('b/redis-server');
    await program('c/redis-server');
    const path = ['a', 'b', 'c'].map((name) => join(folder, name)).join(delimiter);
    expect(findRedisServer(path)).toBe(join(folder, 'b/redis-server'));
    expect(findRedisServer(join(folder, 'a'))).toBeUndefined();
    expect(findRedisServer('')).toBeUndefined();
  });

  it('takes the newest PostgreSQL that is complete', async () => {
    for (const name of ['9/bin/postgres', '9/bin/initdb', '15/bin/postgres', '15/bin/initdb'])
      await program(name);
    await program('16/bin/postgres');
    expect(findPostgresPrograms('', folder)).toBe(join(folder, '15/bin'));
  });

  it('looks for PostgreSQL on the PATH where no version has a folder', async () => {
    await program('bin/postgres');
    await program('bin/initdb');
    const nowhere = join(folder, 'nowhere');
    expect(findPostgresPrograms(join(folder, 'bin'), nowhere)).toBe(join(folder, 'bin'));
    expect(findPostgresPrograms('', nowhere)).toBeUndefined();
  });

  it('takes a MariaDB only with the statements that make its tables, by any of their names', async () => {
    await program('sbin/mariadbd');
    const path = join(folder, 'sbin');
    const home = join(folder, 'share');
    expect(findMariadb(path, [home])).toBeUndefined();
    await program('share/mysql_system_tables.sql', 0o644);
    const old = { program: join(path, 'mariadbd'), home, tables: 'mysql_system_tables' };
    expect(findMariadb(path, [join(folder, 'nowhere'), home])).toEqual(old);
    await program('share/mariadb_system_tables.sql', 0o644);
    expect(findMariadb(path, [home])).toEqual({ ...old, tables: 'mariadb_system_tables' });
    expect(findMariadb('', [home])).toBeUndefined();
  });

  it('takes Ceph only when all of its programs are there', async () => {
    const names = ['radosgw', 'radosgw-admin', 'ceph-mon', 'ceph-osd', 'ceph', 'ceph-authtool'];
    for (const name of names) await program(`bin/${name}`);
    expect(hasCeph(join(folder, 'bin'))).toBe(false);
    await program('sbin/monmaptool');
    expect(hasCeph([join(folder, 'bin'), join(folder, 'sbin')].join(delimiter))).toBe(true);
  });

  it('takes Prometheus only together with promtool', async () => {
    await program('bin/prometheus');
    expect(findPrometheusPrograms(join(folder, 'bin'))).toBeUndefined();
    await program('bin/promtool');
    expect(findPrometheusPrograms(join(folder, 'bin'))).toBe(join(folder, 'bin'));
  });

  it('takes no file that may not be run', async () => {
    await program('redis-server', 0o644);
    expect(findRedisServer(folder)).toBeUndefined();
  });
});
