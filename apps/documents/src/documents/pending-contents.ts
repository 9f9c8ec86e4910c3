import { Injectable, Logger } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Clock, redactError } from 'nestjs-mainstay/common';
import { In, LessThan, MoreThan, type Repository } from 'typeorm';
import { ContentTakenError } from './documents.errors.js';
import { PendingContent } from './pending-content.entity.js';
import { ProcessName } from './process-name.js';

/** How long a process that cannot be looked at is taken to be alive after it last said so, in milliseconds. */
export const LEASE_MS = 300_000;

/**
 * The notes of contents that are no document, see {@link PendingContent}. A note is also a fence: whoever takes it over
 * makes its former owner's upload fail, so that a document is never made of a content that somebody else is removing.
 */
@Injectable()
export class PendingContents {
  readonly #logger = new Logger(PendingContents.name);
  readonly #notes: Repository<PendingContent>;
  readonly #clock: Clock;
  readonly #self: ProcessName;
  /** What this process is at. */
  readonly #held = new Set<string>();

  constructor(
    @InjectRepository(PendingContent) notes: Repository<PendingContent>,
    clock: Clock,
    self: ProcessName,
  ) {
    this.#notes = notes;
    this.#clock = clock;
    this.#self = self;
  }

  /** Runs work on a content; for its time nobody takes the content for left behind. */
  async hold<R>(id: string, work: () => Promise<R>): Promise<R> {
    this.#held.add(id);
    try {
      return await work();
    } finally {
      this.#held.delete(id);
    }
  }

  /** Notes a content. */
  async add(id: string): Promise<void> {
    await this.#notes.insert({ id, ...this.#ownership() });
  }

  /** Removes the note of a content that is gone; failing that, the sweep does it later. Never rejects. */
  async forget(id: string): Promise<void> {
    try {
      await this.#notes.delete({ id, owner: this.#self.text });
    } catch (error) {
      const { message } = redactError(error);
      this.#logger.warn(`The note of the removed content ${id} stays for now: ${message}`);
    }
  }

  /**
   * Removes the note of a content that becomes a document; for the transaction that makes the document.
   * @throws ContentTakenError when the note is no longer ours
   */
  async settle(id: string): Promise<void> {
    const { affected } = await this.#notes.delete({ id, owner: this.#self.text });
    if (affected !== 1) throw new ContentTakenError();
  }

  /** The notes behind the one with the id `after`, in the order of their ids. */
  async page(after: string, limit: number): Promise<PendingContent[]> {
    return this.#notes.find({ where: { id: MoreThan(after) }, order: { id: 'ASC' }, take: limit });
  }

  /** Which of these contents are noted. */
  async among(ids: readonly string[]): Promise<ReadonlySet<string>> {
    const found = await this.#notes.find({ select: { id: true }, where: { id: In([...ids]) } });
    return new Set(found.map(({ id }) => id));
  }

  /** Whether nobody is at a content any more. */
  async isAbandoned({ id, owner, leaseUntil }: PendingContent): Promise<boolean> {
    if (owner === this.#self.text) return !this.#held.has(id);
    const isAlive = await this.#self.isAlive(owner);
    return isAlive === undefined ? leaseUntil < this.#clock.wallTime() : !isAlive;
  }

  /** Becomes the owner of a content. @returns `false` when its note has changed meanwhile */
  async take({ id, owner, leaseUntil }: PendingContent): Promise<boolean> {
    const { affected } = await this.#notes.update({ id, owner, leaseUntil }, this.#ownership());
    return affected === 1;
  }

  /** Says that this process still is at what it holds. */
  async renewLeases(): Promise<void> {
    if (this.#held.size === 0) return;
    const { leaseUntil } = this.#ownership();
    await this.#notes.update(
      { owner: this.#self.text, leaseUntil: LessThan(leaseUntil) },
      { leaseUntil },
    );
  }

  #ownership(): Pick<PendingContent, 'owner' | 'leaseUntil'> {
    return { owner: this.#self.text, leaseUntil: Math.floor(this.#clock.wallTime()) + LEASE_MS };
  }
}
