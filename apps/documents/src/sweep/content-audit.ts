import { Injectable, Logger } from '@nestjs/common';
import { Clock } from 'nestjs-mainstay/common';
import { DocumentsRepository } from '../documents/documents.repository.js';
import { PendingContents } from '../documents/pending-contents.js';
import {
  belongTogether,
  compare,
  MAX_KEPT,
  type Comparison,
  type SortedIds,
} from './comparison.js';
import { LostDocuments } from './lost-documents.js';
import { OrphanedContents } from './orphaned-contents.js';

/** What an audit did. */
export interface AuditReport {
  /** Documents whose content is there. */
  readonly whole: number;
  /** Documents without a content, set aside. */
  readonly lostDocuments: number;
  /** Contents without a document, set aside. */
  readonly orphanedContents: number;
  /** Documents and contents whose other half was found. */
  readonly putBack: number;
  /** `false`: there was too much for one time. */
  readonly isComplete: boolean;
}

const NOTHING = { lostDocuments: 0, orphanedContents: 0, putBack: 0 };

/** Documents that are read together; after as many the audit rests. */
const PAGE = 500;

/**
 * Compares all documents with all contents. A crash leaves nothing for it to find; a restored backup, a lost file or
 * somebody's hand does. It only sets aside, so that a mistake, its own included, can be taken back; and it does not even
 * do that when the database and the storage do not seem to belong together.
 */
@Injectable()
export class ContentAudit {
  readonly #logger = new Logger(ContentAudit.name);
  readonly #rows: DocumentsRepository;
  readonly #pending: PendingContents;
  readonly #lost: LostDocuments;
  readonly #contents: OrphanedContents;
  readonly #clock: Clock;

  constructor(
    rows: DocumentsRepository,
    pending: PendingContents,
    lost: LostDocuments,
    contents: OrphanedContents,
    clock: Clock,
  ) {
    this.#rows = rows;
    this.#pending = pending;
    this.#lost = lost;
    this.#contents = contents;
    this.#clock = clock;
  }

  /** @throws the signal's reason, and what the database and the storage throw */
  async run(signal: AbortSignal): Promise<AuditReport> {
    const found = await compare(
      this.#documents(),
      this.#contents.ids(signal),
      this.#resting(signal),
    );
    const report = { ...NOTHING, whole: found.matched, isComplete: keptAll(found) };
    if (!belongTogether(found)) {
      this.#refuse(found);
      return report;
    }
    for (const id of found.withoutContent.first) {
      signal.throwIfAborted();
      const outcome = await this.#settleDocument(id);
      if (outcome) report[outcome]++;
    }
    for (const id of await this.#unknown(found.withoutDocument.first)) {
      signal.throwIfAborted();
      const outcome = await this.#settleContent(id);
      if (outcome) report[outcome]++;
    }
    return report;
  }

  async *#documents(): SortedIds {
    for (let after = ''; ;) {
      const page = await this.#rows.idsBehind(after, PAGE);
      yield* page;
      const last = page.at(-1);
      if (last === undefined || page.length < PAGE) return;
      after = last;
    }
  }

  /** Rests as long as it works: an audit takes half of what one caller could take, at most. */
  #resting(signal: AbortSignal): () => Promise<void> | void {
    let steps = 0;
    let since = this.#clock.now();
    return () => {
      if (++steps % PAGE !== 0) return undefined;
      const rest = this.#clock.now() - since;
      return this.#clock.sleep(rest, signal, { background: true }).then(() => {
        since = this.#clock.now();
      });
    };
  }

  /** A content is stored before its document appears and removed after: without one it is gone for good. */
  async #settleDocument(id: string): Promise<'putBack' | 'lostDocuments' | undefined> {
    if (await this.#contents.exists(id)) return undefined;
    if (await this.#contents.putBack(id)) return 'putBack';
    if (!(await this.#lost.setAside(id))) return undefined;
    this.#logger.warn(`The content of document ${id} is missing; the document is set aside.`);
    return 'lostDocuments';
  }

  /**
   * Which contents neither a document nor a note knows of. The life of a content is: noted, document, noted, gone; asked
   * in this order, none of its states can be missed.
   */
  async #unknown(ids: readonly string[]): Promise<readonly string[]> {
    const uploading = await this.#pending.among(ids);
    const documents = await this.#rows.among(ids);
    const deleting = await this.#pending.among(ids);
    const known = [uploading, documents, deleting];
    return ids.filter((id) => !known.some((some) => some.has(id)));
  }

  async #settleContent(id: string): Promise<'putBack' | 'orphanedContents' | undefined> {
    if (await this.#lost.putBack(id)) return 'putBack';
    if (!(await this.#contents.setAside(id))) return undefined;
    this.#logger.warn(`The content ${id} belongs to no document; it is set aside.`);
    return 'orphanedContents';
  }

  #refuse({ matched, withoutContent, withoutDocument }: Comparison): void {
    this.#logger.error(
      `The database and the storage do not seem to belong together: ${matched} documents have a content, ` +
        `${withoutContent.count} have none, and ${withoutDocument.count} contents have no document. Nothing was set ` +
        'aside. Check DATABASE_URL and STORAGE_URL, and whether the right volume is mounted; then start again.',
    );
  }
}

function keptAll({ withoutContent, withoutDocument }: Comparison): boolean {
  return Math.max(withoutContent.count, withoutDocument.count) <= MAX_KEPT;
}
