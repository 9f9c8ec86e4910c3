import { PipelineOptionsError } from '../pipeline-options.error.js';
import type { ChaosStage } from './chaos-stage.js';

/** @throws PipelineOptionsError when a value makes no sense, or the stage does nothing */
export function validateStage(stage: ChaosStage): void {
  const { latencyMs = 0, rate = 1, after = 0, times = Infinity } = stage;
  check('latencyMs', latencyMs, latencyMs >= 0 && latencyMs < Infinity, 'a number of ms from 0');
  check('rate', rate, rate >= 0 && rate <= 1, 'a share in [0, 1]');
  check('after', after, isCount(after), 'a whole number from 0');
  check('times', times, times === Infinity || isCount(times), 'a whole number from 0, or Infinity');
  const hasFault = stage.fault !== undefined;
  const hasEffect = stage.latencyMs !== undefined || hasFault || 'result' in stage;
  check('stage', 'without an effect', hasEffect, 'given a latencyMs, a fault or a result');
  check('result', 'beside a fault', !(hasFault && 'result' in stage), 'in a stage of its own');
}

function check(option: string, found: unknown, isAllowed: boolean, allowed: string): void {
  if (!isAllowed) throw new PipelineOptionsError(`chaos.${option}`, found, allowed);
}

function isCount(value: number): boolean {
  return Number.isInteger(value) && value >= 0;
}
