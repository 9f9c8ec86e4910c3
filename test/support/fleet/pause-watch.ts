import type { Span } from './node-calls.js';
import { sharedNow } from './shared-clock.js';

const TICK_MS = 10;
const NOTED_MS = 40;

/** Tells of the times in which this process did nothing. @returns what ends that */
export function watchPauses(tell: (pause: Span) => void): () => void {
  let last = sharedNow();
  const timer = setInterval(() => {
    const now = sharedNow();
    if (now - last >= NOTED_MS) tell({ startedAt: last, endedAt: now });
    last = now;
  }, TICK_MS);
  timer.unref();
  return () => clearInterval(timer);
}
