import {
  MemoryDisk,
  StorageUnreachableError,
  type DiskListing,
  type ListCall,
  type ObjectEntry,
} from 'nestjs-mainstay/storage';
import type { FakeClock } from '../fake-clock.js';
import type { StagedFaults } from '../staged-faults.js';

type Arguments<Name extends 'put' | 'open' | 'read' | 'stat' | 'deleteMany' | 'copy' | 'move'> =
  Parameters<MemoryDisk[Name]>;

/** A memory disk that fails when a test wants it to. */
export class FaultyDisk extends MemoryDisk {
  /** While `true` every operation fails as unreachable. */
  isDown = false;
  readonly #faults: StagedFaults;

  constructor(clock: FakeClock, faults: StagedFaults) {
    super(clock);
    this.#faults = faults;
  }

  override put(...call: Arguments<'put'>): ReturnType<MemoryDisk['put']> {
    return this.#run('put', call[0].value, () => super.put(...call));
  }

  override open(...call: Arguments<'open'>): ReturnType<MemoryDisk['open']> {
    return this.#run('open', call[0].value, () => super.open(...call));
  }

  override read(...call: Arguments<'read'>): ReturnType<MemoryDisk['read']> {
    return this.#run('read', call[0].value, () => super.read(...call));
  }

  override stat(...call: Arguments<'stat'>): ReturnType<MemoryDisk['stat']> {
    return this.#run('stat', call[0].value, () => super.stat(...call));
  }

  override delete(key: Arguments<'stat'>[0]): Promise<void> {
    return this.#run('delete', key.value, () => super.delete(key));
  }

  override deleteMany(...call: Arguments<'deleteMany'>): ReturnType<MemoryDisk['deleteMany']> {
    const keys = call[0].map(({ value }) => value);
    return this.#run('deleteMany', keys, () => super.deleteMany(...call));
  }

  override copy(...call: Arguments<'copy'>): ReturnType<MemoryDisk['copy']> {
    return this.#run('copy', call[0].value, () => super.copy(...call));
  }

  override move(...call: Arguments<'move'>): Promise<void> {
    return this.#run('move', call[0].value, () => super.move(...call));
  }

  override list(prefix: Parameters<MemoryDisk['list']>[0], call?: ListCall): DiskListing {
    const listing = super.list(prefix, call);
    const start = (): Promise<AsyncIterable<ObjectEntry>> =>
      this.#run('list', prefix.value, () => listing);
    return {
      skipped: listing.skipped,
      async *[Symbol.asyncIterator](): AsyncGenerator<ObjectEntry, void, undefined> {
        yield* await start();
      },
    };
  }

  /** @param arg what a staged predicate or result sees: the key, the keys or the prefix */
  async #run<R>(operation: string, arg: unknown, proceed: () => R | Promise<R>): Promise<R> {
    if (this.isDown) throw new StorageUnreachableError();
    return this.#faults.run(operation, arg, proceed);
  }
}
