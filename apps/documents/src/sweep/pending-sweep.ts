import { Injectable } from '@nestjs/common';
import { DocumentContent } from '../documents/document-content.js';
import type { PendingContent } from '../documents/pending-content.entity.js';
import { PendingContents } from '../documents/pending-contents.js';

/** Notes that are read together. */
const PAGE = 100;

/**
 * Finishes what a crash, or an outage, left undone: removes the contents of uploads that never became documents and of
 * documents that were deleted. All of them are noted, so that it costs nothing when there are none, and it may run
 * anywhere at any time: see the fence of {@link PendingContents}.
 */
@Injectable()
export class PendingSweep {
  readonly #pending: PendingContents;
  readonly #content: DocumentContent;

  constructor(pending: PendingContents, content: DocumentContent) {
    this.#pending = pending;
    this.#content = content;
  }

  /**
   * Removes what nobody is at any more; ends early when the storage cannot do it.
   * @returns how many contents were removed
   * @throws the signal's reason, and what the database throws
   */
  async run(signal: AbortSignal): Promise<number> {
    let removed = 0;
    for (let after = ''; ;) {
      const page = await this.#pending.page(after, PAGE);
      for (const note of page) {
        signal.throwIfAborted();
        const outcome = await this.#finish(note);
        if (outcome === 'failed') return removed;
        if (outcome === 'removed') removed++;
      }
      const last = page.at(-1);
      if (last === undefined || page.length < PAGE) return removed;
      after = last.id;
    }
  }

  async #finish(note: PendingContent): Promise<'removed' | 'failed' | 'in-progress'> {
    const { id } = note;
    if (!(await this.#pending.isAbandoned(note))) return 'in-progress';
    return this.#pending.hold(id, async () => {
      if (!(await this.#pending.take(note))) return 'in-progress';
      if (!(await this.#content.discard(id))) return 'failed';
      await this.#pending.forget(id);
      return 'removed';
    });
  }
}
