import { fileURLToPath } from 'node:url';
import { parse, resolve } from 'node:path';
import type { Clock } from 'nestjs-mainstay/common';
import { StorageInvalidRootError } from '../errors/disk.errors.js';
import type { StorageConfig } from '../storage.config.js';
import type { Disk } from './disk.js';
import { LocalDisk } from './local-disk.js';
import { MemoryDisk } from './memory-disk.js';

/**
 * The disk that a configuration asks for; nothing is touched yet.
 * @throws {@link StorageInvalidRootError} when the URL names no folder
 */
export function openDisk(config: StorageConfig, clock: Clock): Disk {
  if (config.url.startsWith('memory:')) return openMemory(config.url, clock);
  const { durability, links } = config;
  const fileMode = Number.parseInt(config.fileMode, 8);
  const folderMode = Number.parseInt(config.folderMode, 8);
  return new LocalDisk(
    { root: rootOf(config.url), durability, links, fileMode, folderMode },
    clock,
  );
}

function openMemory(url: string, clock: Clock): Disk {
  if (url !== 'memory:')
    throw new StorageInvalidRootError('"memory:" takes nothing after the colon');
  return new MemoryDisk(clock);
}

/** `file:./data`, `file:/var/data` and `file:///var/data`; a relative path is one of the working directory. */
function rootOf(url: string): string {
  const path = url.startsWith('file://') ? pathOfUrl(url) : url.slice('file:'.length);
  if (path === '' || path.includes('\0')) throw new StorageInvalidRootError('it has no path');
  const root = resolve(path);
  if (root === parse(root).root) {
    throw new StorageInvalidRootError('it is the root of the file system; name a folder in it');
  }
  return root;
}

function pathOfUrl(url: string): string {
  try {
    return fileURLToPath(url);
  } catch (cause) {
    throw new StorageInvalidRootError('after file:// comes an absolute path: file:///var/data', {
      cause,
    });
  }
}
