import { redactError } from 'nestjs-mainstay/common';
import type { CircuitState, PipelineStatus } from 'nestjs-mainstay/resilience';
import type { InitializationStep, StepReport } from './initialization-step.js';
import type { ResourceEntry, ResourcePhase } from './resource-registry.js';
import type { Criticality, Resource } from './resource.js';
import { publishPhase } from './state-channels.js';

/** The registry's own, changeable view of a {@link ResourceEntry}. @internal */
export class RegisteredResource implements ResourceEntry {
  readonly resource: Resource;
  initializationTries = 0;
  initializationMs: number | undefined;
  lastError: string | undefined;
  readonly #pipeline: () => PipelineStatus | undefined;
  readonly #changed: (entry: ResourceEntry) => void;
  #phase: ResourcePhase = 'pending';
  #steps: StepReport[] = [];

  constructor(
    resource: Resource,
    pipeline: () => PipelineStatus | undefined,
    changed: (entry: ResourceEntry) => void,
  ) {
    this.resource = resource;
    this.#pipeline = pipeline;
    this.#changed = changed;
  }

  get name(): string {
    return this.resource.name;
  }

  get criticality(): Criticality {
    return this.resource.criticality;
  }

  get phase(): ResourcePhase {
    return this.#phase;
  }

  get steps(): readonly StepReport[] {
    return this.#steps;
  }

  get circuit(): CircuitState | undefined {
    return this.pipeline?.breaker?.state;
  }

  get pipeline(): PipelineStatus | undefined {
    return this.#pipeline();
  }

  enter(phase: ResourcePhase): void {
    if (this.#phase === phase) return;
    this.#phase = phase;
    this.#changed(this);
    publishPhase(this);
  }

  beginInitialization(steps: readonly InitializationStep[]): void {
    this.initializationTries++;
    this.#steps = steps.map(({ name }) => ({ name, state: 'pending' }));
    this.enter('initializing');
  }

  reportStep(
    index: number,
    state: StepReport['state'],
    durationMs?: number,
    error?: unknown,
  ): void {
    const name = this.#steps[index]?.name ?? '';
    this.#steps[index] = {
      name,
      state,
      ...(durationMs === undefined ? {} : { durationMs }),
      ...(error === undefined ? {} : { error: messageOf(error) }),
    };
  }
}

/** The message of an error, redacted, without a full stop; whatever was thrown. */
export function messageOf(error: unknown): string {
  return redactError(error).message.replace(/\.$/, '');
}
