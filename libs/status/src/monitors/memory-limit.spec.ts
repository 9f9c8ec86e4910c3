import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readMemoryLimit } from './memory-limit.js';

const MIB = 1_048_576;
let root: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'cgroup-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

/** Plants files below a root of their own. */
async function plant(files: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
}

describe('status rule 12: the memory limit of the control group', () => {
  it.each<[string, Record<string, string>, number | undefined]>([
    [
      'v2: of its own group',
      { 'proc/self/cgroup': '0::/app\n', 'sys/fs/cgroup/app/memory.max': `${64 * MIB}\n` },
      64 * MIB,
    ],
    [
      'v2: of a group above, which is less',
      {
        'proc/self/cgroup': '0::/pod/app\n',
        'sys/fs/cgroup/pod/memory.max': `${32 * MIB}\n`,
        'sys/fs/cgroup/pod/app/memory.max': `${64 * MIB}\n`,
      },
      32 * MIB,
    ],
    [
      'v2: in a namespace of its own, where the mount is the group',
      { 'proc/self/cgroup': '0::/\n', 'sys/fs/cgroup/memory.max': `${64 * MIB}\n` },
      64 * MIB,
    ],
    [
      'v2: from outside of the namespace, where the path does not exist',
      { 'proc/self/cgroup': '0::/../else\n', 'sys/fs/cgroup/memory.max': `${64 * MIB}\n` },
      64 * MIB,
    ],
    [
      'v2: max means none',
      { 'proc/self/cgroup': '0::/app\n', 'sys/fs/cgroup/app/memory.max': 'max\n' },
      undefined,
    ],
    [
      'v1: of its own group, with the memory controller among others',
      {
        'proc/self/cgroup': '9:cpu,cpuacct:/else\n4:hugetlb,memory:/docker/app\n0::/\n',
        'sys/fs/cgroup/memory/docker/app/memory.limit_in_bytes': `${64 * MIB}\n`,
      },
      64 * MIB,
    ],
    [
      'v1: what is more than all memory means none',
      {
        'proc/self/cgroup': '4:memory:/app\n',
        'sys/fs/cgroup/memory/app/memory.limit_in_bytes': '9223372036854771712\n',
      },
      undefined,
    ],
    ['none: without the controller', { 'proc/self/cgroup': '9:cpu:/app\n' }, undefined],
    ['none: elsewhere than on Linux', {}, undefined],
  ])('%s', async (_name, files, limit) => {
    await plant(files);
    expect(await readMemoryLimit(root)).toBe(limit);
  });
});
