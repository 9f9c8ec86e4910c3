import { totalmem } from 'node:os';
import { readSystemFile } from './system-file.js';

/**
 * The memory that the control group leaves the process, in bytes; `undefined` without a limit.
 *
 * The kernel enforces the least limit on the way up, so all groups are asked: `memory.max` of cgroup v2 (where `max` means
 * none), `memory.limit_in_bytes` of v1 (where a number beyond all memory does). In a container without a namespace of its
 * own the path of the group does not exist below the mount; then the mount is the group. `process.constrainedMemory()`
 * asks only the innermost group, and gives the lower `memory.high`, at which processes are slowed, not ended.
 *
 * @param root where `/proc` and `/sys` are; another one is for tests
 */
export async function readMemoryLimit(root = ''): Promise<number | undefined> {
  const groups = await readSystemFile(`${root}/proc/self/cgroup`);
  if (groups === undefined) return undefined;
  const files = groups.split('\n').flatMap((line) => limitFiles(line, `${root}/sys/fs/cgroup`));
  const limits = await Promise.all(files.map(readLimit));
  const least = Math.min(...limits);
  return least < totalmem() ? least : undefined;
}

/** The files of the limits of one hierarchy: of the group, and of all groups above. */
function limitFiles(line: string, mount: string): readonly string[] {
  const [, id, controllers = '', path = ''] = /^(\d+):([^:]*):\/?(.*)$/.exec(line) ?? [];
  if (id === '0' && controllers === '') return upward(mount, path, 'memory.max');
  if (!controllers.split(',').includes('memory')) return [];
  return upward(`${mount}/memory`, path, 'memory.limit_in_bytes');
}

function upward(mount: string, path: string, file: string): readonly string[] {
  const names = path.split('/').filter((name) => name !== '' && name !== '..');
  return Array.from({ length: names.length + 1 }, (_, depth) =>
    [mount, ...names.slice(0, depth), file].join('/'),
  );
}

async function readLimit(path: string): Promise<number> {
  const text = (await readSystemFile(path))?.trim();
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : Infinity;
}
