import { GuardedLogger } from 'nestjs-mainstay/resilience';
import { readMemoryLimit } from './memory-limit.js';
import { readDescriptors, type Descriptors } from './open-descriptors.js';

/** What the system says of the process; absent elsewhere than on Linux. */
export interface SystemSample {
  readonly memoryLimitBytes?: number;
  readonly openDescriptors?: number;
  readonly maxDescriptors?: number;
}

/** Reads what the system says of the process: in the background only, since each look is I/O. */
export class SystemUsage {
  readonly #root: string;
  readonly #logger = new GuardedLogger('ResourceUsage');
  #reading: Promise<void> | undefined;
  #descriptors: Descriptors | undefined;
  #memoryLimitBytes: number | undefined;
  #hasWarned = false;

  /** @param root where `/proc` and `/sys` are; another one is for tests */
  constructor(root = '') {
    this.#root = root;
  }

  /** What was read last. */
  get last(): SystemSample {
    const { open, max } = this.#descriptors ?? {};
    return {
      ...(this.#memoryLimitBytes !== undefined && { memoryLimitBytes: this.#memoryLimitBytes }),
      ...(open !== undefined && { openDescriptors: open }),
      ...(max !== undefined && { maxDescriptors: max }),
    };
  }

  /** Reads anew; where a look is still under way, that one. Never rejects: what was known stays. */
  read(): Promise<void> {
    this.#reading ??= this.#read().finally(() => (this.#reading = undefined));
    return this.#reading;
  }

  async #read(): Promise<void> {
    try {
      this.#descriptors = await readDescriptors(this.#descriptors, this.#root);
      this.#memoryLimitBytes = await readMemoryLimit(this.#root);
    } catch (error) {
      if (this.#hasWarned) return;
      this.#hasWarned = true;
      this.#logger.warn(`What the system says of this process could not be read: ${String(error)}`);
    }
  }
}
