import { formatDuration, redactError, redactText } from 'nestjs-mainstay/common';
import type { ChaosStage } from './chaos-stage.js';

/** A stage for the log: `storage.put: 200 ms latency, fault ENOSPC; 10 % of the tries, 3 times after 1`. */
export function describeStage(stage: ChaosStage): string {
  const target = `${stage.resource ?? 'every resource'}, ${stage.operation ?? 'every operation'}`;
  return `${target}: ${describeEffects(stage).join(', then ')}; ${describeTries(stage)}`;
}

function describeEffects(stage: ChaosStage): string[] {
  const effects: string[] = [];
  if (stage.latencyMs !== undefined) effects.push(`${formatDuration(stage.latencyMs)} latency`);
  if (stage.fault !== undefined) effects.push(`the fault ${nameOf(stage.fault)}`);
  // Not the result itself: it may be somebody's data.
  if ('result' in stage) effects.push('a staged result');
  return effects;
}

function nameOf(fault: unknown): string {
  if (typeof fault === 'function') return 'that a function gives';
  const { name, code } = redactError(fault) as Error & { code?: unknown };
  return redactText(typeof code === 'string' ? code : name);
}

function describeTries({ rate = 1, times = Infinity, after = 0, when }: ChaosStage): string {
  const share = rate < 1 ? `${rate * 100} % of the tries` : 'all tries';
  const condition = when ? ' that a predicate picks' : '';
  const count = times === Infinity ? '' : `, ${times} of them`;
  const delay = after === 0 ? '' : `, after ${after} passed`;
  return `${share}${condition}${count}${delay}`;
}
