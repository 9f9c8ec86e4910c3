import type { SharedStore } from 'nestjs-mainstay/cache';
import { FakeClock } from '../fake-clock.js';
import { invalidating } from './conformance/invalidating.js';
import { locking } from './conformance/locking.js';
import { comparingAndSetting, orderingWrites } from './conformance/ordering-writes.js';
import { SharedStoreTest, type PassTime } from './conformance/shared-store-test.js';
import { sharingEntries } from './conformance/sharing-entries.js';
import type { TestRunner } from './conformance/test-runner.js';

/** The shared store under test. */
export interface SharedStoreSubject {
  readonly name: string;
  /** Two instances on one new, empty store, both ready to be used. */
  readonly create: (clock: FakeClock) => Promise<readonly [SharedStore, SharedStore]>;
  /**
   * Lets time pass, in milliseconds, for a store that goes by a clock of its own; `clock` was advanced by as much.
   * @default nothing has to be done
   */
  readonly pass?: PassTime;
  /**
   * Whether the store itself compares what it has with what is written. `false`: it is read before it is written, so that
   * of two instances that write in the same moment the older may win, which is then not tested.
   * @default true
   */
  readonly compareAndSet?: boolean;
  /** Whether it has locks of keys. @default true */
  readonly locks?: boolean;
}

/**
 * The tests that every store passes that instances share, for any runner.
 * @example
 * describeSharedStore({ describe, it }, { name: 'RedisStore', create: async (clock) => [await connect(clock), await connect(clock)] });
 */
export function describeSharedStore(
  { describe, it }: TestRunner,
  { name, create, pass, compareAndSet = true, locks = true }: SharedStoreSubject,
): void {
  const declare = (title: string, body: (test: SharedStoreTest) => Promise<void>): void => {
    it(title, async () => {
      const clock = new FakeClock();
      await body(new SharedStoreTest(await create(clock), clock, pass));
    });
  };
  describe(`${name} as a store that instances share`, () => {
    sharingEntries(declare);
    invalidating(declare);
    orderingWrites(declare);
    if (compareAndSet) comparingAndSetting(declare);
    if (locks) locking(declare);
  });
}
