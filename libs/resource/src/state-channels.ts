import { channel } from 'node:diagnostics_channel';
import { redactText } from 'nestjs-mainstay/common';
import type { CircuitReason, CircuitState, CircuitTransition } from 'nestjs-mainstay/resilience';
import type { ResourceEntry, ResourcePhase } from './resource-registry.js';

/** Channel of `node:diagnostics_channel` on which each change of a circuit breaker is published: {@link CircuitMessage}. */
export const CIRCUIT_CHANNEL = 'mainstay:circuit-breaker';

/** Channel on which each phase that a resource enters is published: {@link InitializationMessage}. */
export const INITIALIZATION_CHANNEL = 'mainstay:initialization';

/** A circuit breaker changed its state. */
export interface CircuitMessage {
  readonly resource: string;
  readonly from: CircuitState;
  readonly to: CircuitState;
  readonly reason: CircuitReason;
  /** What the operator said, redacted. */
  readonly note?: string;
}

/** A resource entered another phase. */
export interface InitializationMessage {
  readonly resource: string;
  readonly phase: ResourcePhase;
  /** Initialisations begun since the start of the application. */
  readonly tries: number;
  /** What the last initialisation failed with, redacted. */
  readonly lastError?: string;
}

const circuits = channel(CIRCUIT_CHANNEL);
const initializations = channel(INITIALIZATION_CHANNEL);

/** @internal */
export function publishTransition(transition: CircuitTransition): void {
  if (!circuits.hasSubscribers) return;
  const { resource, from, to, reason, note } = transition;
  const message: CircuitMessage = {
    resource,
    from,
    to,
    reason,
    ...(note === undefined ? {} : { note: redactText(note) }),
  };
  circuits.publish(message);
}

/** @internal */
export function publishPhase(entry: ResourceEntry): void {
  if (!initializations.hasSubscribers) return;
  const { name: resource, phase, initializationTries: tries, lastError } = entry;
  const message: InitializationMessage = {
    resource,
    phase,
    tries,
    ...(lastError === undefined ? {} : { lastError }),
  };
  initializations.publish(message);
}
