import { mkdir, rmdir } from 'node:fs/promises';
import { isErrno } from './errno.js';

/**
 * Makes folders one by one: Node's recursive mkdir reports ENOENT for a read-only disk. A new folder is made durable
 * before anybody puts something into it, also by another put that finds it there meanwhile.
 */
export class FolderMaker {
  readonly #mode: number;
  readonly #inProgress = new Map<string, Promise<void>>();

  /** @param mode permissions of new folders, before the umask */
  constructor(mode: number) {
    this.#mode = mode;
  }

  /** The making of a folder that is in progress. @param name the folder's way from the root */
  pending(name: string): Promise<void> | undefined {
    return this.#inProgress.get(name);
  }

  /**
   * Makes a folder; one that is there by now is fine.
   * @param name the folder's way from the root
   * @param path where to make it
   * @param syncParent makes the folder's name durable
   */
  async make(name: string, path: string, syncParent: () => Promise<void>): Promise<void> {
    const pending = this.#inProgress.get(name);
    if (pending) return pending;
    const making = this.#make(path, syncParent).finally(() => this.#inProgress.delete(name));
    this.#inProgress.set(name, making);
    return making;
  }

  async #make(path: string, syncParent: () => Promise<void>): Promise<void> {
    try {
      await mkdir(path, this.#mode);
    } catch (error) {
      if (isErrno(error, 'EEXIST')) return;
      throw error;
    }
    try {
      await syncParent();
    } catch (error) {
      // The next put must not take the folder for a durable one. It fails alike when it cannot be removed.
      await rmdir(path).catch(() => undefined);
      throw error;
    }
  }
}
