import { redactError, redactNamed } from 'nestjs-mainstay/common';
import type { Classification } from 'nestjs-mainstay/resilience';
import type { ProbeResult } from 'nestjs-mainstay/resource';
import type { ErrorFacts } from '../monitors/failure-run.js';
import type { Reachability } from './reachability.js';

/** Longest message that is shown. */
const MAX_MESSAGE_LENGTH = 200;

/** A probe's result as it may be shown: sanitised, with a verdict. */
export interface ProbeReport {
  readonly reachability: Reachability;
  readonly reason?: string;
  /** What the probe threw. */
  readonly error?: ErrorFacts;
  readonly capabilities?: Readonly<Record<string, boolean>>;
  readonly details?: ProbeResult['details'];
}

/** Judges what a probe returned. */
export function reportResult({ capabilities, details }: ProbeResult): ProbeReport {
  const names = Object.keys(capabilities);
  const failing = names.filter((name) => !capabilities[name]);
  const shown = { capabilities: { ...capabilities }, ...(details && { details: redact(details) }) };
  if (failing.length === 0) return { reachability: 'reachable', ...shown };
  return {
    reachability: failing.length < names.length ? 'impaired' : 'unreachable',
    reason: `the probe found that ${failing.join(' and ')} ${failing.length === 1 ? 'does' : 'do'} not work`,
    ...shown,
  };
}

/** Judges what a probe threw, whatever that is. */
export function reportFailure(error: unknown, { kind, type }: Classification): ProbeReport {
  const { message } = redactError(error);
  return {
    reachability: 'unreachable',
    error: { kind, type },
    reason: `${kind} (${type}): ${message.slice(0, MAX_MESSAGE_LENGTH)}`,
  };
}

type Details = NonNullable<ProbeResult['details']>;

function redact(details: Details): Details {
  return Object.fromEntries(
    Object.entries(details).map(([name, value]) => [name, redactFact(name, value)]),
  );
}

/** Also of what a probe without types gives: an object is not shown, a BigInt could not be written as JSON. */
function redactFact(name: string, value: unknown): Details[string] {
  const isPlain = ['string', 'number', 'boolean', 'bigint'].includes(typeof value);
  const text = isPlain ? String(value) : typeof value;
  const shown = redactNamed(name, text).slice(0, MAX_MESSAGE_LENGTH);
  const isAsItIs = typeof value === 'number' || typeof value === 'boolean';
  return isAsItIs && shown === text ? value : shown;
}
