/**
 * The resident memory of the process, in bytes. Node reads it from a file, which fails where no descriptor is left or
 * `/proc` is hidden: then what was known before stands, or the most that the process has had.
 * @param before what was known before
 */
export function residentMemory(before: number | undefined): number {
  try {
    return process.memoryUsage.rss();
  } catch {
    return before ?? process.resourceUsage().maxRSS * 1_024;
  }
}
