import {
  MemoryDisk,
  StorageUnreachableError,
  type DiskListing,
  type ListCall,
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

  override async put(...call: Arguments<'put'>): ReturnType<MemoryDisk['put']> {
    this.#strike('put');
    return super.put(...call);
  }

  override async open(...call: Arguments<'open'>): ReturnType<MemoryDisk['open']> {
    this.#strike('open');
    return super.open(...call);
  }

  override async read(...call: Arguments<'read'>): ReturnType<MemoryDisk['read']> {
    this.#strike('read');
    return super.read(...call);
  }

  override async stat(...call: Arguments<'stat'>): ReturnType<MemoryDisk['stat']> {
    this.#strike('stat');
    return super.stat(...call);
  }

  override async delete(key: Arguments<'stat'>[0]): Promise<void> {
    this.#strike('delete');
    return super.delete(key);
  }

  override async deleteMany(
    ...call: Arguments<'deleteMany'>
  ): ReturnType<MemoryDisk['deleteMany']> {
    this.#strike('deleteMany');
    return super.deleteMany(...call);
  }

  override async copy(...call: Arguments<'copy'>): ReturnType<MemoryDisk['copy']> {
    this.#strike('copy');
    return super.copy(...call);
  }

  override async move(...call: Arguments<'move'>): Promise<void> {
    this.#strike('move');
    return super.move(...call);
  }

  override list(prefix: Parameters<MemoryDisk['list']>[0], call?: ListCall): DiskListing {
    this.#strike('list');
    return super.list(prefix, call);
  }

  #strike(operation: string): void {
    if (this.isDown) throw new StorageUnreachableError();
    this.#faults.strike(operation);
  }
}
