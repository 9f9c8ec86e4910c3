import { spawn } from 'node:child_process';
import {
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  unlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { currentProcess, SystemClock } from 'nestjs-mainstay/common';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { KeyPrefix } from '../keys/key-prefix.js';
import { ObjectKey } from '../keys/object-key.js';
import type { Disk } from './disk.js';
import { LocalDisk } from './local-disk.js';
import { tempName } from './local/temp-name.js';
import { prepareDisk } from './prepare-disk.js';

const clock = new SystemClock();
const DATA = [Buffer.from('data')];
const key = (text: string): ObjectKey => ObjectKey.parse(text);
const codes = (code: string): object => expect.objectContaining({ code }) as object;

let folder: string;
let root: string;
let disk: LocalDisk;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'storage-local-'));
  root = join(folder, 'root');
  disk = new LocalDisk({ root }, clock);
  await prepareDisk(disk);
});

afterEach(() => rm(folder, { recursive: true, force: true }));

async function keysOf(listed: Disk): Promise<readonly string[]> {
  const keys: string[] = [];
  for await (const entry of listed.list(KeyPrefix.parse(''))) keys.push(entry.key);
  return keys;
}

describe('storage rule 2: containment', () => {
  beforeEach(async () => {
    await mkdir(join(folder, 'outside'));
    await writeFile(join(folder, 'outside', 'secret'), 'secret');
    await symlink(join(folder, 'outside'), join(root, 'way'));
    await symlink(join(folder, 'outside', 'secret'), join(root, 'leak'));
  });

  for (const containment of ['descriptors', 'realpath'] as const) {
    for (const links of ['deny', 'within-root'] as const) {
      it(`refuses links that point out of the root (${containment}, ${links})`, async () => {
        const contained = new LocalDisk({ root, links, containment }, clock);
        await prepareDisk(contained);
        const denied = codes('STORAGE_ACCESS_DENIED');
        for (const name of ['way/secret', 'leak']) {
          await expect(contained.read(key(name))).rejects.toEqual(denied);
          await expect(contained.open(key(name))).rejects.toEqual(denied);
          await expect(contained.stat(key(name))).rejects.toEqual(denied);
          await expect(contained.put(key(name), DATA)).rejects.toEqual(denied);
          await expect(contained.delete(key(name))).rejects.toEqual(denied);
          await expect(contained.move(key(name), key('mine'))).rejects.toEqual(denied);
        }
        await expect(contained.put(key('way/new/file'), DATA)).rejects.toEqual(denied);
        expect(await readdir(join(folder, 'outside'))).toEqual(['secret']);
        expect(await readFile(join(folder, 'outside', 'secret'), 'utf8')).toBe('secret');
      });
    }
  }

  it('does not list links, and counts them', async () => {
    await disk.put(key('a'), DATA);
    const listing = disk.list(KeyPrefix.parse(''));
    const keys: string[] = [];
    for await (const entry of listing) keys.push(entry.key);
    expect(keys).toEqual(['a']);
    expect(listing.skipped).toBe(2);
  });

  it('follows links within the root where that is wanted, but never into its own folder', async () => {
    const following = new LocalDisk({ root, links: 'within-root' }, clock);
    await prepareDisk(following);
    await following.put(key('real/a'), DATA);
    await symlink('real', join(root, 'alias'));
    await symlink('real/a', join(root, 'alias-of-a'));
    await symlink('.mainstay', join(root, 'own'));
    expect((await following.read(key('alias/a'))).toString()).toBe('data');
    await following.put(key('alias/b'), [Buffer.from('through')]);
    expect((await following.read(key('real/b'))).toString()).toBe('through');
    expect((await following.stat(key('alias-of-a'))).size).toBe(4);
    await expect(following.read(key('own/root-id'))).rejects.toEqual(
      codes('STORAGE_ACCESS_DENIED'),
    );
  });

  it('is not escaped by a folder that is swapped for a link at any moment', async () => {
    const script = fileURLToPath(new URL('../../test/swap-links.mjs', import.meta.url));
    const swapper = spawn(process.execPath, [script, root, join(folder, 'outside')]);
    const exited = new Promise((resolve) => swapper.once('exit', resolve));
    await new Promise((resolve) => swapper.stdout.once('data', resolve));
    const target = { durability: 'none' } as const;
    const settled = await Promise.allSettled(
      Array.from({ length: 2_000 }, (_, round) =>
        round % 2
          ? disk.read(key('swap/secret'))
          : disk.put(key(`swap/${round % 10}`), DATA, target).then(() => 'stored'),
      ),
    );
    swapper.kill('SIGKILL');
    await exited;
    const values = settled.filter((result) => result.status === 'fulfilled');
    expect(values.filter(({ value }) => value !== 'stored').length).toBe(0);
    expect(await readdir(join(folder, 'outside'))).toEqual(['secret']);
  });
});

describe('storage rule 3: put is all or nothing', () => {
  it('makes missing folders one by one, with the mode that was asked for', async () => {
    const strict = new LocalDisk({ root, folderMode: 0o700, fileMode: 0o600 }, clock);
    await strict.put(key('new/way/a'), DATA);
    expect((await stat(join(root, 'new', 'way'))).mode & 0o777).toBe(0o700);
    expect((await stat(join(root, 'new', 'way', 'a'))).mode & 0o777).toBe(0o600);
  });

  it('gives each of many quick puts of one size its own etag', async () => {
    const etags = new Set<string>();
    for (let round = 0; round < 300; round++) {
      etags.add((await disk.put(key('a'), DATA, { durability: 'none' })).etag);
    }
    expect(etags.size).toBe(300);
  });

  it('leaves nothing in the own folder', async () => {
    await Promise.all([1, 2, 3].map((name) => disk.put(key(`a/${name}`), DATA)));
    await disk.put(key('once'), DATA, { createOnly: true });
    await disk.put(key('once'), DATA, { createOnly: true }).catch(() => undefined);
    expect(await readdir(join(root, '.mainstay'))).toEqual(['root-id']);
  });
});

describe('storage rule 5: temporary files', () => {
  const leave = async (name: string): Promise<string> => {
    const path = join(root, '.mainstay', name);
    await writeFile(path, 'half');
    return path;
  };

  it('have names of one length', async () => {
    const self = await currentProcess();
    expect(tempName(self, 0, 0)).toHaveLength(tempName(self, 0xffff_ffff, 0xffff_ffff).length);
    expect(tempName(self, 1, 2)).toMatch(/^\.t-/);
  });

  it('of dead processes, and of earlier processes with our pid, are swept', async () => {
    const self = await currentProcess();
    await leave(tempName({ ...self, pid: 0x3fff_fff0 }, 1, 1));
    await leave(tempName({ ...self, startTicks: self.startTicks - 1 }, 1, 1));
    expect((await disk.usage()).temps).toBe(0);
    expect(await readdir(join(root, '.mainstay'))).toEqual(['root-id']);
  });

  it('of living processes are counted, not swept', async () => {
    const self = await currentProcess();
    const path = await leave(tempName(self, 1, 1));
    expect((await disk.usage()).temps).toBe(1);
    expect((await lstat(path)).isFile()).toBe(true);
  });

  it('of other machines and containers are swept when nobody touched them for an hour', async () => {
    const self = await currentProcess();
    const fresh = await leave(tempName({ ...self, boot: (self.boot ^ 1) >>> 0 }, 1, 1));
    const old = await leave(tempName({ ...self, namespace: (self.namespace ^ 1) >>> 0 }, 1, 2));
    const before = clock.wallTime() / 1_000 - 3_700;
    await utimes(old, before, before);
    expect((await disk.usage()).temps).toBe(1);
    expect((await lstat(fresh)).isFile()).toBe(true);
  });

  it('are told from files of the user that look like them', async () => {
    const self = await currentProcess();
    const name = tempName({ ...self, pid: 0x3fff_fff0 }, 1, 1);
    await disk.put(key(name), DATA);
    await disk.usage();
    expect(await keysOf(disk)).toEqual([name]);
  });
});

describe('storage rule 10: typed errors', () => {
  it('keep the key out of message and enumerable properties', async () => {
    const error = await disk.read(key('people/ada')).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'STORAGE_NOT_FOUND', retryable: false, failover: false });
    expect((error as { key: string }).key).toBe('people/ada');
    expect(JSON.stringify(error) + String(error)).not.toContain('ada');
  });

  it('tell an object that was shortened while it was read', async () => {
    await disk.put(key('a'), [Buffer.alloc(400_000)]);
    const object = await disk.open(key('a'));
    await object.read();
    await writeFile(join(root, 'a'), 'short');
    await expect(object.read()).rejects.toEqual(codes('STORAGE_CORRUPT'));
    await object.close();
  });

  it('refuse what is no object: a folder, a FIFO’s place, a broken name', async () => {
    await mkdir(join(root, 'folder'));
    await expect(disk.read(key('folder'))).rejects.toEqual(codes('STORAGE_NOT_FOUND'));
    await writeFile(join(root, 'back\\slash'), 'not a key');
    expect(await keysOf(disk)).toEqual([]);
  });
});

describe('storage rule 16: boot and the root-id marker', () => {
  const missing = codes('STORAGE_ROOT_MISSING');

  async function expectMissing(): Promise<void> {
    await expect(disk.put(key('new'), DATA)).rejects.toEqual(missing);
    await expect(disk.read(key('a'))).rejects.toEqual(missing);
    await expect(disk.stat(key('a/b'))).rejects.toEqual(missing);
    await expect(disk.delete(key('a'))).rejects.toEqual(missing);
    await expect(disk.move(key('a'), key('b'))).rejects.toEqual(missing);
  }

  it('writes nothing below a mount point whose disk is gone, and goes on when it is back', async () => {
    await disk.put(key('a'), DATA);
    await rename(root, `${root}.unmounted`);
    await expectMissing();
    await mkdir(root);
    await expectMissing();
    expect(await readdir(root)).toEqual([]);
    await rm(root, { recursive: true });
    await rename(`${root}.unmounted`, root);
    await disk.put(key('new'), DATA);
    expect((await disk.read(key('a'))).toString()).toBe('data');
  });

  it('writes nothing to another disk in the place of the root', async () => {
    await rename(root, `${root}.unmounted`);
    await prepareDisk(new LocalDisk({ root }, clock));
    await expect(disk.put(key('new'), DATA)).rejects.toEqual(missing);
    expect(await keysOf(disk)).toEqual([]);
  });

  it('writes nothing when only the marker is gone', async () => {
    await unlink(join(root, '.mainstay', 'root-id'));
    await expect(disk.put(key('new'), DATA)).rejects.toEqual(missing);
    expect(await readdir(root)).toEqual(['.mainstay']);
  });

  it('is written to by nobody before it was prepared', async () => {
    const unprepared = new LocalDisk({ root: join(folder, 'other') }, clock);
    await expect(unprepared.put(key('a'), DATA)).rejects.toEqual(missing);
    await expect(unprepared.read(key('a'))).rejects.toEqual(missing);
    expect(await readdir(folder)).toEqual(['root']);
  });

  it('is read before it was prepared, when it is there', async () => {
    await disk.put(key('a'), DATA);
    expect((await new LocalDisk({ root }, clock).read(key('a'))).toString()).toBe('data');
  });

  it('agrees with others that boot at once on one marker', async () => {
    const other = join(folder, 'other');
    const disks = Array.from({ length: 8 }, () => new LocalDisk({ root: other }, clock));
    await Promise.all(disks.map((each) => prepareDisk(each)));
    await Promise.all(disks.map((each, index) => each.put(key(`by/${index}`), DATA)));
    expect(await readdir(join(other, '.mainstay'))).toEqual(['root-id']);
  });

  it('refuses a marker that holds no id, and a file in the place of the root', async () => {
    await writeFile(join(root, '.mainstay', 'root-id'), 'nonsense');
    await expect(prepareDisk(new LocalDisk({ root }, clock))).rejects.toEqual(
      codes('STORAGE_CORRUPT'),
    );
    await writeFile(join(folder, 'file'), '');
    for (const path of ['file', 'file/below']) {
      const misplaced = new LocalDisk({ root: join(folder, path) }, clock);
      await expect(prepareDisk(misplaced)).rejects.toEqual(codes('STORAGE_INVALID_ROOT'));
    }
  });

  it('shows nothing of a trial that a crash left behind', async () => {
    await mkdir(join(root, '.mainstay', 'trial'));
    await writeFile(join(root, '.mainstay', 'trial', 'left'), 'over');
    expect(await keysOf(disk)).toEqual([]);
  });
});

describe('storage rule 19: listing', () => {
  it('fails for a missing root in place of showing nothing', async () => {
    await rename(root, `${root}.unmounted`);
    await expect(keysOf(disk)).rejects.toEqual(codes('STORAGE_ROOT_MISSING'));
    for (const prefix of ['a/', 'a/b/c']) {
      const listing = disk.list(KeyPrefix.parse(prefix))[Symbol.asyncIterator]();
      await expect(listing.next()).rejects.toEqual(codes('STORAGE_ROOT_MISSING'));
    }
  });
});
