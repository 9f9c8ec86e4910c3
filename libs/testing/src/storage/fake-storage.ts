import assert from 'node:assert/strict';
import { Operations } from 'nestjs-mainstay/resource';
import { StorageService } from 'nestjs-mainstay/storage';
import { FakeClock } from '../fake-clock.js';
import { StagedFaults } from '../staged-faults.js';
import { FaultyDisk } from './faulty-disk.js';

/** Options of {@link FakeStorage}. */
export interface FakeStorageOptions {
  /** The most bytes of an object. @default no limit */
  readonly maxBytes?: number;
  /** @default a new FakeClock */
  readonly clock?: FakeClock;
}

/**
 * A `StorageService` for unit tests: the real one on a memory disk that can be taken down and staged to fail, with
 * assertions about what is stored. Nothing is retried.
 *
 * @example
 * const storage = new FakeStorage();
 * const reports = new ReportsService(storage);   // or .overrideProvider(StorageService).useValue(storage)
 * await reports.save(report);
 * await storage.assertContents('reports/may.txt', 'all well');
 * storage.faults.stage('put', { error: new StorageNoSpaceError(), times: 1 });
 */
export class FakeStorage extends StorageService {
  readonly clock: FakeClock;
  /** Faults of the disk: `put`, `open`, `read`, `stat`, `delete`, `deleteMany`, `copy`, `move`, `list`. */
  readonly faults: StagedFaults;
  readonly #disk: FaultyDisk;

  constructor(options: FakeStorageOptions = {}) {
    const { clock = new FakeClock(), maxBytes } = options;
    const faults = new StagedFaults(clock);
    const disk = new FaultyDisk(clock, faults);
    const backend = { name: 'storage', disk, clock, maxBytes };
    const operations = new Operations(clock);
    operations.of(backend, { retry: false, breaker: false });
    super(backend, operations);
    this.clock = clock;
    this.faults = faults;
    this.#disk = disk;
  }

  /** From now on every operation fails as unreachable. */
  goDown(): void {
    this.#disk.isDown = true;
  }

  /** Ends an outage; the objects are still there. */
  comeBack(): void {
    this.#disk.isDown = false;
  }

  /** Asserts that there is an object. */
  async assertExists(key: string): Promise<void> {
    assert.ok(await this.exists(key), `There is no object ${JSON.stringify(key)}.`);
  }

  /** Asserts that there is no object. */
  async assertMissing(key: string): Promise<void> {
    assert.ok(!(await this.exists(key)), `There is an object ${JSON.stringify(key)}.`);
  }

  /** Asserts that there is an object with this content. */
  async assertContents(key: string, expected: string | Uint8Array): Promise<void> {
    await this.assertExists(key);
    const found = await this.read(key);
    if (typeof expected === 'string') assert.equal(found.toString(), expected);
    else assert.deepEqual(found, Buffer.from(expected));
  }

  /** Asserts how many objects there are below a prefix. */
  async assertCount(expected: number, prefix = ''): Promise<void> {
    assert.equal((await this.#keys(prefix)).length, expected, `Objects below "${prefix}"`);
  }

  /** Asserts that nothing is stored below a prefix. */
  async assertEmpty(prefix = ''): Promise<void> {
    assert.deepEqual(await this.#keys(prefix), []);
  }

  async #keys(prefix: string): Promise<readonly string[]> {
    const keys: string[] = [];
    for await (const { key } of this.list(prefix)) keys.push(key);
    return keys;
  }
}
