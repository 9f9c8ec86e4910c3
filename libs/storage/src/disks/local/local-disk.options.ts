import { existsSync } from 'node:fs';
import type { Durability } from '../disk.js';
import type { LinkPolicy } from './links.js';

/** How a local disk stores. */
export interface LocalDiskOptions {
  /** The folder that holds the objects, as an absolute path. */
  readonly root: string;
  /** @default 'full' */
  readonly durability?: Durability;
  /** @default 'deny' */
  readonly links?: LinkPolicy;
  /** Permissions of new objects, before the umask. @default 0o640 */
  readonly fileMode?: number;
  /** Permissions of new folders, before the umask. @default 0o750 */
  readonly folderMode?: number;
  /**
   * How keys are kept inside the root: `descriptors` needs `/proc/self/fd`; `realpath` runs everywhere and is racy.
   * @default 'descriptors' where there is `/proc/self/fd`
   */
  readonly containment?: 'descriptors' | 'realpath';
}

/** Decides what was left open. */
export function resolveLocalDiskOptions(options: LocalDiskOptions): Required<LocalDiskOptions> {
  return {
    durability: 'full',
    links: 'deny',
    fileMode: 0o640,
    folderMode: 0o750,
    containment: existsSync('/proc/self/fd') ? 'descriptors' : 'realpath',
    ...options,
  };
}
