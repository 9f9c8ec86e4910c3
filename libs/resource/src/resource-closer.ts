import { Injectable } from '@nestjs/common';
import { Clock, withDeadline } from 'nestjs-mainstay/common';
import { GuardedLogger } from 'nestjs-mainstay/resilience';
import { messageOf, type RegisteredResource } from './registered-resource.js';
import { ResourceRegistry } from './resource-registry.js';
import { ResourceCloseTimeoutError } from './resource.errors.js';

/** Time for one resource to close, in milliseconds. */
const CLOSE_TIMEOUT_MS = 2_000;

/** Closes resources in reverse order of their registration, each within a deadline; a failing one stops no other. */
@Injectable()
export class ResourceCloser {
  readonly #logger = new GuardedLogger('ResourceCloser');
  readonly #registry: ResourceRegistry;
  readonly #clock: Clock;
  readonly #releasing = new Map<RegisteredResource, Promise<void>>();
  #closing: Promise<void> = Promise.resolve();

  constructor(registry: ResourceRegistry, clock: Clock) {
    this.#registry = registry;
    this.#clock = clock;
  }

  /**
   * Closes all that are not closed yet. Never rejects: what fails is logged.
   * @param budgetMs time for all of them together; @default 2 s for each
   */
  closeAll(budgetMs = Infinity): Promise<void> {
    this.#closing = this.#closing.then(() => this.#closeOpen(this.#clock.now() + budgetMs));
    return this.#closing;
  }

  /**
   * Releases what a resource holds, within 2 s; one that is being released is not asked twice. Never rejects: what
   * fails is logged.
   */
  release(entry: RegisteredResource, timeoutMs = CLOSE_TIMEOUT_MS): Promise<void> {
    let releasing = this.#releasing.get(entry);
    if (!releasing) {
      releasing = this.#close(entry, timeoutMs).finally(() => this.#releasing.delete(entry));
      this.#releasing.set(entry, releasing);
    }
    return releasing;
  }

  /** Releases what an abandoned step brought after its resource was closed; otherwise it would be open for ever. */
  async releaseLate(entry: RegisteredResource): Promise<void> {
    if (entry.phase !== 'closing' && entry.phase !== 'closed') return;
    await this.#releasing.get(entry);
    await this.release(entry);
  }

  async #closeOpen(deadline: number): Promise<void> {
    const open = this.#registry.registered().filter(({ phase }) => phase !== 'closed');
    for (let left = open.length; left > 0; left--) {
      const entry = open[left - 1] as RegisteredResource;
      const shareMs = (deadline - this.#clock.now()) / left;
      entry.enter('closing');
      entry.resource.end();
      await this.release(entry, Math.min(CLOSE_TIMEOUT_MS, shareMs));
      entry.enter('closed');
    }
  }

  async #close(entry: RegisteredResource, timeoutMs: number): Promise<void> {
    const onTimeout = (): Error => new ResourceCloseTimeoutError(entry.name, timeoutMs);
    try {
      await withDeadline(this.#clock, { timeoutMs, onTimeout }, (signal) =>
        entry.resource.close(signal),
      );
    } catch (error) {
      this.#logger.error(`Closing ${entry.name} failed: ${messageOf(error)}`);
    }
  }
}
