import { SystemClock, type Clock } from 'nestjs-mainstay/common';
import type { Disk } from './disk.js';
import { tryOperations, type DiskCapabilities } from './disk-trial.js';

/**
 * Makes a disk ready outside of a module, for tests and tools: its preparation, the trial of all operations, adoption.
 * @throws what failed
 */
export async function prepareDisk(
  disk: Disk,
  clock: Clock = new SystemClock(),
): Promise<DiskCapabilities> {
  const { signal } = new AbortController();
  for (const step of disk.preparation()) await step.run(signal);
  const capabilities = await tryOperations(disk, clock, signal);
  await disk.adopt();
  return capabilities;
}
