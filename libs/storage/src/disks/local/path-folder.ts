import type { OpenFolder } from './containment.js';
import { syncFolder } from './sync-folder.js';

/** A folder that is known by its path only: the root, which is trusted, or any where there are no descriptor paths. */
export class PathFolder implements OpenFolder {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  sync(): Promise<void> {
    return syncFolder(this.path);
  }

  close(): void {}
}
