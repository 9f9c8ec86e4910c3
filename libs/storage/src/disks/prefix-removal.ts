import { ObjectKey } from '../keys/object-key.js';
import type { DeleteFailure, Disk, ObjectEntry } from './disk.js';
import type { PagedListing } from './paged-listing.js';

/** Objects that are deleted together. */
const BATCH = 1_000;

/** Deletes everything that a listing gives, batch by batch, and goes on when an object cannot be deleted. */
export class PrefixRemoval {
  readonly failures: DeleteFailure[] = [];
  deleted = 0;
  isDone = false;
  readonly #disk: Disk;
  readonly #listing: PagedListing;
  #batch: readonly ObjectEntry[] | undefined;

  constructor(disk: Disk, listing: PagedListing) {
    this.#disk = disk;
    this.#listing = listing;
  }

  /** Deletes the next batch; after a failure the same one again. */
  async next(signal: AbortSignal): Promise<void> {
    const batch = (this.#batch ??= await this.#listing.next(BATCH, signal));
    const keys = batch.map(({ key }) => ObjectKey.parse(key));
    const failed = await this.#disk.deleteMany(keys, { signal });
    if (signal.aborted) return;
    this.#batch = undefined;
    this.failures.push(...failed);
    this.deleted += keys.length - failed.length;
    this.isDone = keys.length < BATCH;
  }
}
