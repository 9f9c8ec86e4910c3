import { NoopRecorder, ResiliencePipeline } from 'nestjs-mainstay/resilience';
import { compare } from '../support/compare.mjs';
import { figure } from '../support/figure.mjs';
import { loop } from '../support/loop.mjs';
import { handWritten, work } from './hand-written.mjs';

/** @typedef {import('./service.mjs').Service} Service */
/** @typedef {import('../support/effort.mjs').Effort} Effort */

const readOnly = Object.freeze({ idempotent: true });

/** @type {readonly (readonly [keyof Awaited<ReturnType<typeof candidates>>, string])[]} */
const titles = [
  ['pipeline', 'the pipeline alone, recording nowhere'],
  ['intercepted', 'with one interceptor of the user'],
  ['signalled', "with the caller's signal"],
  ['signalRead', 'with its own signal read by the work'],
];

/**
 * What less and more than the usual adds to an `async` call that has its result at once.
 * @param {Service} service
 * @param {Effort} effort
 */
export async function addedByOptions(service, effort) {
  const samples = await compare(await candidates(service), effort);
  return titles.map(([name, title]) =>
    figure(`… ${title} [ns], against hand-written`, samples.against(name, 'handWritten', 'bare')),
  );
}

/** @param {Service} service */
async function candidates(service) {
  const { signal } = new AbortController();
  const { operations } = service;
  const reading = operations.of({ name: 'signal-read' }).bind('get', readOnly);
  const signalled = operations.of({ name: 'signalled' }).bind('get', readOnly);
  const intercepted = service.intercepted([{ intercept: (_, next) => next.handle() }]);
  const seen = intercepted.of({ name: 'intercepted' }).bind('get', readOnly);
  const pipeline = new ResiliencePipeline('bare');
  const alone = pipeline.bind('get', readOnly, new NoopRecorder().bind('bare', 'get'));
  return {
    bare: await loop('awaited', work),
    handWritten: await loop('awaited', handWritten),
    pipeline: await loop('awaited', (arg) => pipeline.run(alone, work, arg)),
    intercepted: await loop('awaited', (arg) => seen.run(work, arg)),
    signalled: await loop('awaited', (arg) => signalled.run(work, arg, { signal })),
    signalRead: await loop('awaited', (arg) => reading.run(readSignal, arg)),
  };
}

/**
 * @param {number} arg
 * @param {import('nestjs-mainstay/resilience').OperationContext} context
 */
async function readSignal(arg, { signal }) {
  return signal.aborted ? -1 : arg;
}
