import { Injectable, Logger } from '@nestjs/common';
import { Clock, formatDuration } from 'nestjs-mainstay/common';
import { Operation } from 'nestjs-mainstay/resource';
import { ContentAudit, type AuditReport } from './content-audit.js';
import { PendingSweep } from './pending-sweep.js';

/** Makes it true again that every document has its content and every content its document. */
@Injectable()
export class SweepService {
  readonly #logger = new Logger('Sweep');
  readonly #pending: PendingSweep;
  readonly #audit: ContentAudit;
  readonly #clock: Clock;
  #isAudited = false;

  constructor(pending: PendingSweep, audit: ContentAudit, clock: Clock) {
    this.#pending = pending;
    this.#audit = audit;
    this.#clock = clock;
  }

  /**
   * Removes what uploads and deletes left behind; compares everything with everything until that has been done once.
   * @throws the signal's reason, and what the database and the storage throw
   */
  @Operation('sweep')
  async run(signal: AbortSignal): Promise<void> {
    const startedAt = this.#clock.now();
    const removed = await this.#pending.run(signal);
    const report = this.#isAudited ? undefined : await this.#audit.run(signal);
    if (report) this.#isAudited = report.isComplete;
    if (report === undefined && removed === 0) return;
    const took = formatDuration(this.#clock.now() - startedAt);
    const compared = report ? ` ${describe(report)};` : '';
    this.#logger.log(`Swept in ${took}:${compared} ${removed} unfinished contents removed`);
  }
}

function describe({ whole, lostDocuments, orphanedContents, putBack }: AuditReport): string {
  return (
    `${whole} documents with their content; ${lostDocuments} documents without a content and ${orphanedContents} ` +
    `contents without a document set aside, ${putBack} put back`
  );
}
