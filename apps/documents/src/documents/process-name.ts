import { randomBytes } from 'node:crypto';
import { currentProcess, isProcessAlive, type ProcessIdentity } from 'nestjs-mainstay/common';

/**
 * The name of a process in the database: its identity, by which whoever reads it later can tell whether it still runs, and
 * a random part that tells applications in one process apart.
 */
export class ProcessName {
  readonly text: string;
  readonly #identity: ProcessIdentity;

  private constructor(identity: ProcessIdentity) {
    const { boot, namespace, pid, startTicks } = identity;
    const random = randomBytes(6).toString('hex');
    this.text = [boot, namespace, pid, startTicks, random].join('/');
    this.#identity = identity;
  }

  /** The name of this process. */
  static async own(): Promise<ProcessName> {
    return new ProcessName(await currentProcess());
  }

  /**
   * Whether the process with a name runs.
   * @returns `undefined` when that cannot be told from here
   */
  async isAlive(name: string): Promise<boolean | undefined> {
    const [boot = 0, namespace = 0, pid = 0, startTicks = 0] = name.split('/').map(Number);
    return isProcessAlive({ boot, namespace, pid, startTicks }, this.#identity);
  }
}
