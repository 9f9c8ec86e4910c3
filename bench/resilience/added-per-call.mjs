import { NoopRecorder, ResiliencePipeline } from 'nestjs-mainstay/resilience';
import { compare } from '../support/compare.mjs';
import { figure } from '../support/figure.mjs';
import { loop } from '../support/loop.mjs';
import { cockatiel, opossum } from './peers.mjs';

/** @typedef {import('./service.mjs').Service} Service */
/** @typedef {import('../support/effort.mjs').Effort} Effort */

/** @typedef {'bare' | 'handWritten' | 'cockatiel' | 'opossum' | 'full' | keyof typeof variants} Candidate */

const variants = {
  pipeline: 'the pipeline alone, recording nowhere',
  intercepted: 'with one interceptor of the user',
  signalled: "with the caller's signal",
  signalRead: 'with its own signal read by the work',
};

const readOnly = Object.freeze({ idempotent: true });

/**
 * What protection adds to an `async` call that has its result at once.
 * @param {Service} service
 * @param {Effort} effort
 */
export async function addedPerCall(service, effort) {
  const breaker = opossum(work);
  try {
    return figures(await compare({ ...(await peers(breaker)), ...(await ours(service)) }, effort));
  } finally {
    breaker.shutdown();
  }
}

/** @param {import('opossum')<[number], number>} breaker */
async function peers(breaker) {
  const policy = cockatiel();
  return {
    bare: await loop('awaited', work),
    handWritten: await loop('awaited', handWritten),
    cockatiel: await loop('awaited', (arg) => policy.execute(() => work(arg))),
    opossum: await loop('awaited', (arg) => breaker.fire(arg)),
  };
}

/** @param {Service} service */
async function ours(service) {
  const { signal } = new AbortController();
  const { operations } = service;
  const bound = operations.of({ name: 'added' }).bind('get', readOnly);
  const reading = operations.of({ name: 'signal-read' }).bind('get', readOnly);
  const signalled = operations.of({ name: 'signalled' }).bind('get', readOnly);
  const intercepted = service.intercepted([{ intercept: (_, next) => next.handle() }]);
  const seen = intercepted.of({ name: 'intercepted' }).bind('get', readOnly);
  const pipeline = new ResiliencePipeline('bare');
  const alone = pipeline.bind('get', readOnly, new NoopRecorder().bind('bare', 'get'));
  return {
    full: await loop('awaited', (arg) => bound.run(work, arg)),
    pipeline: await loop('awaited', (arg) => pipeline.run(alone, work, arg)),
    intercepted: await loop('awaited', (arg) => seen.run(work, arg)),
    signalled: await loop('awaited', (arg) => signalled.run(work, arg, { signal })),
    signalRead: await loop('awaited', (arg) => reading.run(readSignal, arg)),
  };
}

/** @param {import('../support/samples.mjs').Samples<Candidate>} samples */
function figures(samples) {
  const full = 'full pipeline, added to a resolved async call [ns]';
  return [
    figure(`${full}, against hand-written`, samples.against('full', 'handWritten', 'bare'), {
      ratio: 2,
    }),
    figure(`${full}, against cockatiel`, samples.against('full', 'cockatiel', 'bare'), {
      ratio: 1 / 40,
    }),
    figure(`${full}, against opossum`, samples.against('full', 'opossum', 'bare')),
    ...Object.entries(variants).map(([name, title]) => {
      const variant = /** @type {keyof typeof variants} */ (name);
      return figure(`… ${title} [ns]`, samples.against(variant, 'handWritten', 'bare'));
    }),
  ];
}

/** @param {number} arg */
async function work(arg) {
  return arg;
}

/**
 * @param {number} arg
 * @param {import('nestjs-mainstay/resilience').OperationContext} context
 */
async function readSignal(arg, { signal }) {
  return signal.aborted ? -1 : arg;
}

const counts = { successes: 0, failures: 0, durationMs: 0 };

/** What one would write without a library: the result, counted and timed. @param {number} arg */
async function handWritten(arg) {
  const startedAt = performance.now();
  try {
    const value = await work(arg);
    counts.successes++;
    return value;
  } catch (error) {
    counts.failures++;
    throw error;
  } finally {
    counts.durationMs += performance.now() - startedAt;
  }
}
