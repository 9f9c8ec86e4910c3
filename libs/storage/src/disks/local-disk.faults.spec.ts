import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SystemClock } from 'nestjs-mainstay/common';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ObjectKey } from '../keys/object-key.js';
import { LocalDisk } from './local-disk.js';
import { prepareDisk } from './prepare-disk.js';

const SCRIPTS = fileURLToPath(new URL('../../test/', import.meta.url));
const NODE = [process.execPath, '--import', join(SCRIPTS, 'register-typescript.mjs')];
const clock = new SystemClock();

let root: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'storage-faults-'));
});

afterEach(() => rm(root, { recursive: true, force: true }));

/** Runs a script of test/ on the root, after `setup`, in a shell of its own. */
function run(script: string, setup: string, ...args: readonly string[]): Record<string, unknown> {
  const command = [...NODE, join(SCRIPTS, script), root, ...args];
  const shell = ['-c', `${setup}\nexec "$@"`, 'sh', ...command];
  const [file, ...rest] = [...mountNamespace(setup), 'sh', ...shell];
  const output = execFileSync(file ?? 'sh', rest, { encoding: 'utf8' });
  return JSON.parse(output) as Record<string, unknown>;
}

/** Mounts happen in a namespace of the child's own and vanish with it. */
function mountNamespace(setup: string): readonly string[] {
  if (!setup.includes('mount ')) return [];
  return process.getuid?.() === 0 ? ['unshare', '-m'] : ['unshare', '-Urm'];
}

/** Containers may forbid mounts; each test that wants one has another way to the same fault. */
function canMount(): boolean {
  const probe = `mount -t tmpfs -o size=1m tmpfs ${tmpdir()}`;
  const [file, ...args] = [...mountNamespace(probe), 'sh', '-c', probe];
  return spawnSync(file ?? 'sh', args).status === 0;
}

async function prepared(): Promise<LocalDisk> {
  const disk = new LocalDisk({ root }, clock);
  await prepareDisk(disk);
  return disk;
}

async function firstOutput(child: ChildProcess): Promise<void> {
  await new Promise((resolve) => child.stdout?.once('data', resolve));
}

describe('storage rule 3: put is all or nothing', () => {
  it('kill -9 during overwrites leaves no torn object and no temporary file', async () => {
    const script = join(SCRIPTS, 'overwrite-until-killed.mjs');
    const args = [...NODE.slice(1), script, root];
    for (let round = 0; round < 8; round++) {
      const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
      const exited = new Promise((resolve) => child.once('exit', resolve));
      await firstOutput(child);
      await clock.sleep(40 + clock.random() * 60);
      child.kill('SIGKILL');
      await exited;
      for (const name of ['torn/a', 'torn/b', 'c']) {
        const data = await readFile(join(root, name));
        expect(data.length).toBe(64 * 1024);
        expect(data.every((byte) => byte === data[0])).toBe(true);
      }
    }
    const disk = await prepared();
    expect((await disk.usage()).temps).toBe(0);
    expect(await readdir(join(root, '.mainstay'))).toEqual(['root-id']);
  }, 60_000);

  it('a full disk leaves the old object byte-identical, no temporary file and no descriptor', () => {
    const mounts = canMount();
    const setup = mounts ? `mount -t tmpfs -o size=1m tmpfs ${root}` : 'ulimit -f 1024';
    expect(run('overflow-disk.mjs', setup)).toEqual({
      code: mounts ? 'STORAGE_NO_SPACE' : 'STORAGE_TOO_LARGE',
      isOldIntact: true,
      temps: 0,
      leaked: 0,
      codeAfter: 'none',
    });
  });
});

describe('storage rule 10: typed errors for what disks do', () => {
  it('no inodes left is no space, though bytes are free', () => {
    if (!canMount()) {
      // Without a file system of its own there is one limit to meet: that of a file's size.
      expect(run('overflow-disk.mjs', 'ulimit -f 512')).toMatchObject({
        code: 'STORAGE_TOO_LARGE',
      });
      return;
    }
    const setup = `mount -t tmpfs -o size=1m,nr_inodes=20 tmpfs ${root}`;
    expect(run('exhaust-inodes.mjs', setup)).toMatchObject({
      code: 'STORAGE_NO_SPACE',
      hasFreeBytes: true,
    });
  });

  it('a read-only disk still reads, and says read-only to all else', async () => {
    const disk = await prepared();
    for (const key of ['there', 'secret/a']) {
      await disk.put(ObjectKey.parse(key), [Buffer.from('data')]);
    }
    const mounts = canMount();
    const remount = `mount --bind ${root} ${root} && mount -o remount,bind,ro ${root}`;
    const user = mounts ? [] : ['65534'];
    const found = run('use-prepared-disk.mjs', mounts ? remount : `chmod -R a+rX ${root}`, ...user);
    const refused = mounts ? 'STORAGE_READ_ONLY' : 'STORAGE_ACCESS_DENIED';
    expect(found).toEqual({
      read: 'none',
      readSecret: 'none',
      statSecret: 'none',
      put: refused,
      delete: refused,
      move: refused,
      prepare: refused,
    });
  });

  it('a refused access is access denied, never "not found"', async () => {
    const disk = await prepared();
    await disk.put(ObjectKey.parse('secret/a'), [Buffer.from('data')]);
    await writeFile(join(root, 'there'), 'data', { mode: 0o644 });
    const setup = `chmod 755 ${root}; chmod 700 ${root}/secret`;
    const denied = 'STORAGE_ACCESS_DENIED';
    const isRoot = process.getuid?.() === 0;
    const lock = isRoot ? setup : `chmod 000 ${root}/secret ${root}/.mainstay; chmod 555 ${root}`;
    expect(run('use-prepared-disk.mjs', lock, '65534')).toEqual({
      read: 'none',
      readSecret: denied,
      statSecret: denied,
      put: denied,
      delete: denied,
      move: denied,
      prepare: denied,
    });
    execFileSync('chmod', ['-R', 'u+rwX', root]);
  });

  it('too many open files is a passing failure', () => {
    expect(run('exhaust-descriptors.mjs', 'ulimit -n 512')).toEqual({
      open: 'STORAGE_TOO_MANY_OPEN',
      put: 'STORAGE_TOO_MANY_OPEN',
      putAfter: 'none',
    });
  });
});
