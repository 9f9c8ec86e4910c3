import type { Disk } from 'nestjs-mainstay/storage';
import { conditionalPuts } from './conformance/conditional-puts.js';
import { copyingAndMoving } from './conformance/copying-and-moving.js';
import { deleting } from './conformance/deleting.js';
import { listing } from './conformance/listing.js';
import { puttingAllOrNothing } from './conformance/putting-all-or-nothing.js';
import { reading } from './conformance/reading.js';
import type { TestRunner } from './test-runner.js';

/**
 * The contract of all disks, as tests for any runner.
 * @param makeDisk gives a prepared disk that nothing else uses (see `prepareDisk`); called once for each test
 * @example
 * import { describe, it } from 'vitest';
 * diskConformance({ describe, it }, async () => {
 *   const disk = new MyDisk();
 *   await prepareDisk(disk);
 *   return disk;
 * });
 */
export function diskConformance(runner: TestRunner, makeDisk: () => Promise<Disk> | Disk): void {
  const it = (name: string, body: (disk: Disk) => Promise<void>): void => {
    runner.it(name, async () => {
      const disk = await makeDisk();
      try {
        await body(disk);
      } finally {
        await disk.close();
      }
    });
  };
  runner.describe('putting is all or nothing', () => puttingAllOrNothing(it));
  runner.describe('conditional puts', () => conditionalPuts(it));
  runner.describe('reading', () => reading(it));
  runner.describe('listing', () => listing(it));
  runner.describe('deleting', () => deleting(it));
  runner.describe('copying and moving', () => copyingAndMoving(it));
}
