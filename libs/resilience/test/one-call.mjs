import { SystemClock } from 'nestjs-mainstay/common';
import { TimeoutQueue } from '../src/timeout-queue.ts';

/**
 * A process whose only work is one call with a timeout: `node run-source.mjs one-call.mjs` with `CALL=ends` or
 * `CALL=hangs`, and `TIMEOUT_MS`. Prints how the call and the process ended.
 */
const { CALL, TIMEOUT_MS } = process.env;
const clock = new SystemClock();
const queue = new TimeoutQueue(clock, Number(TIMEOUT_MS));
const startedAt = clock.now();
const print = (text) => process.stdout.write(`${text}\n`);
const entry = {
  next: undefined,
  previous: undefined,
  dueAt: 0,
  onTimeout: () => print(`timed out ${clock.now() < entry.dueAt ? 'early' : 'in time'}`),
};
queue.add(entry, startedAt);
if (CALL === 'ends') queue.remove(entry);
process.on('exit', () => print(`exit after ${Math.round(clock.now() - startedAt)} ms`));
