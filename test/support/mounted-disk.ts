import { execFile, execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/**
 * A small file system of its own (tmpfs), seen at a folder that a service uses. It can be filled, made read-only, taken
 * away and put back with what is on it. Mounting needs root; see {@link canMount}.
 */
export class MountedDisk {
  readonly folder: string;
  readonly #device: string;

  private constructor(device: string, folder: string) {
    this.#device = device;
    this.folder = folder;
  }

  /** Mounts an empty disk at a folder. */
  static async mount(folder: string, size: string): Promise<MountedDisk> {
    const device = mkdtempSync(join(tmpdir(), 'mounted-disk-'));
    await run('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', device]);
    const disk = new MountedDisk(device, folder);
    mkdirSync(folder, { recursive: true });
    try {
      await disk.attach();
      return disk;
    } catch (error) {
      await disk.dispose();
      throw error;
    }
  }

  /** Takes all bytes that are left. */
  async fill(): Promise<void> {
    const chunk = Buffer.alloc(64 * 1_024);
    try {
      for (;;) await writeFile(this.#filler, chunk, { flag: 'a' });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    }
  }

  /** Gives them back. */
  async free(): Promise<void> {
    await rm(this.#filler);
  }

  /** Refuses writes, or takes them again. */
  async setReadOnly(isReadOnly: boolean): Promise<void> {
    const mode = isReadOnly ? 'ro' : 'rw';
    await run('mount', ['-o', `remount,bind,${mode}`, this.folder]);
  }

  /** Takes the disk away from the folder, also while files of it are open. */
  async detach(): Promise<void> {
    await run('umount', ['-l', this.folder]);
  }

  /** Puts it back. */
  async attach(): Promise<void> {
    await run('mount', ['--bind', this.#device, this.folder]);
  }

  /** The files below a folder of the disk, wherever it is mounted. */
  async files(folder: string): Promise<string[]> {
    return readdir(join(this.#device, folder));
  }

  /** Unmounts it everywhere; what was on it is gone. */
  async dispose(): Promise<void> {
    await this.detach().catch(() => undefined);
    await run('umount', ['-l', this.#device]);
    rmSync(this.#device, { recursive: true });
  }

  get #filler(): string {
    return join(this.#device, 'filler');
  }
}

/** Whether this machine lets the tests mount. */
export function canMount(): boolean {
  if (process.getuid?.() !== 0) return false;
  const folder = mkdtempSync(join(tmpdir(), 'mount-probe-'));
  const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', folder]);
  if (status === 0) execFileSync('umount', [folder]);
  rmSync(folder, { recursive: true });
  return status === 0;
}
