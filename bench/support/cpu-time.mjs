import { existsSync, readFileSync } from 'node:fs';

/** Linux: what the thread that reads it has run, in nanoseconds. */
const THREAD_TIME = '/proc/thread-self/schedstat';
const hasThreadTime = existsSync(THREAD_TIME);

/**
 * The processor time of the thread that runs JavaScript, in milliseconds. Unlike the time on the wall it does not grow
 * when other processes want the same cores, nor with what the compiler does in the background meanwhile. Where it is
 * not to be had, the time of the whole process.
 */
export function cpuTimeMs() {
  if (hasThreadTime) return Number(readFileSync(THREAD_TIME, 'utf8').split(' ')[0]) / 1e6;
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}
