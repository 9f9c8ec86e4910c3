import { SystemClock } from 'nestjs-mainstay/common';
import { guardRecorder, NoopRecorder } from 'nestjs-mainstay/resilience';
import { bytesPerCall } from '../support/bytes-per-call.mjs';
import { compare } from '../support/compare.mjs';
import { figure } from '../support/figure.mjs';
import { loop } from '../support/loop.mjs';

/** @typedef {import('nestjs-mainstay/resilience').BoundRecorder} BoundRecorder */
/** @typedef {import('./service.mjs').Service} Service */
/** @typedef {import('../support/effort.mjs').Effort} Effort */

const clock = new SystemClock();
const lastDurationMs = new Float64Array(1);

/**
 * What recording adds to a value that is there at once (a hit of a cache in memory), beyond reading the clock twice.
 * @param {Service} service
 * @param {Effort} effort
 */
export async function recording(service, effort) {
  const candidates = {
    clock: await loop('direct', timed),
    noop: await loop('direct', recordedBy(new NoopRecorder().bind('cache', 'get'))),
    status: await loop('direct', recordedBy(guardRecorder(service.recorder).bind('cache', 'get'))),
  };
  const samples = await compare(candidates, effort);
  const bytes = {
    clock: bytesPerCall(candidates.clock),
    status: bytesPerCall(candidates.status),
  };
  const allocated = Math.max(0, bytes.status - bytes.clock);
  return [
    figure(
      'recording a synchronous value, over two clock reads [ns]',
      { value: samples.value('status', 'clock'), peer: samples.value('clock') },
      { value: 15 },
    ),
    figure(
      '… allocated, over two clock reads [bytes]',
      { value: allocated, peer: bytes.clock },
      { value: 0 },
    ),
    figure('… without StatusModule, over two clock reads [ns]', {
      value: samples.value('noop', 'clock'),
      peer: samples.value('clock'),
    }),
  ];
}

/** @param {number} arg */
function timed(arg) {
  const startedAt = clock.now();
  const value = hit(arg);
  lastDurationMs[0] = clock.now() - startedAt;
  return value;
}

/** @param {BoundRecorder} recorder */
function recordedBy(recorder) {
  /** @param {number} arg */
  return (arg) => {
    recorder.recordAttempt();
    const startedAt = clock.now();
    const value = hit(arg);
    recorder.recordHit(clock.now() - startedAt);
    return value;
  };
}

/** @param {number} arg */
function hit(arg) {
  return arg;
}
