/**
 * The processor time that this process has used, in milliseconds, its garbage collection included. Unlike the time on
 * the wall it does not grow when other processes want the same cores.
 */
export function cpuTimeMs() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}
