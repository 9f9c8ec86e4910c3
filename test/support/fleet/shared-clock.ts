/** Milliseconds of the monotonic clock of the machine, which all its processes read alike. */
export function sharedNow(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
