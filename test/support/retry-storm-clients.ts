import type { Clock } from 'nestjs-mainstay/common';
import { ResiliencePipeline, type PipelineOptions } from 'nestjs-mainstay/resilience';
import type { Client, Request } from './retry-storm.js';

/** Time for one try of every client, and for a whole call of ours. */
const TRY_TIMEOUT_MS = 1_000;
const TOTAL_TIMEOUT_MS = 5_000;

/** One for all: the naive client times out a hundred thousand times. */
const TIMED_OUT = new Error('The server did not answer in time');

/** Retries three times after a short pause, whatever happens: what most code does that retries at all. */
export function naiveClient(clock: Clock): Client {
  return async (request) => {
    for (let tries = 1; ; tries++) {
      try {
        await withTimeout(clock, request);
        return;
      } catch (error) {
        if (tries === 4) throw error;
        await clock.sleep(50);
      }
    }
  };
}

/** Gives up after the timeout of one try. */
export function clientWithoutRetries(clock: Clock): Client {
  return (request) => withTimeout(clock, request);
}

/** A pipeline with the defaults, but for the time limits and what `options` say. */
export function mainstayClient(options: PipelineOptions = {}): (clock: Clock) => Client {
  const limits = { tryTimeoutMs: TRY_TIMEOUT_MS, totalTimeoutMs: TOTAL_TIMEOUT_MS };
  return (clock) => {
    const pipeline = new ResiliencePipeline('server', { ...limits, ...options }, clock);
    const operation = pipeline.bind<Request, void>('request', { idempotent: true });
    return (request) => pipeline.run(operation, (send) => send(), request);
  };
}

function withTimeout(clock: Clock, request: Request): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = clock.schedule(() => reject(TIMED_OUT), TRY_TIMEOUT_MS);
    void request().then(() => {
      timer.cancel();
      resolve();
    });
  });
}
