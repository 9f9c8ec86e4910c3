import { Injectable } from '@nestjs/common';
import { ListenerErrors, type CircuitState, type PipelineStatus } from 'nestjs-mainstay/resilience';
import type { StepReport } from './initialization-step.js';
import { RegisteredResource } from './registered-resource.js';
import { DuplicateResourceError } from './resource.errors.js';
import type { Criticality, Resource } from './resource.js';

/** Where a resource is in its life. `failed`: an initialisation failed and another try is scheduled. */
export type ResourcePhase = 'pending' | 'initializing' | 'failed' | 'ready' | 'closing' | 'closed';

/** One registered resource: what status, health and tests may know about it. */
export interface ResourceEntry {
  readonly resource: Resource;
  readonly name: string;
  readonly criticality: Criticality;
  readonly phase: ResourcePhase;
  /** The initialisation steps with their last results. */
  readonly steps: readonly StepReport[];
  /** Initialisations begun since the start of the application. */
  readonly initializationTries: number;
  /** Time of the last initialisation, in milliseconds. */
  readonly initializationMs: number | undefined;
  /** What the last initialisation failed with, redacted; absent once it has passed. */
  readonly lastError: string | undefined;
  /** The state of the resource's circuit breaker; `undefined` when it has none. */
  readonly circuit: CircuitState | undefined;
  /** How the pipeline of the resource's operations is; `undefined` when it has none. */
  readonly pipeline: PipelineStatus | undefined;
}

/** Knows every resource of the application, in the order of registration. */
@Injectable()
export class ResourceRegistry {
  readonly #listenerErrors = new ListenerErrors('ResourceRegistry');
  readonly #entries = new Map<string, RegisteredResource>();
  readonly #listeners = new Set<(entry: ResourceEntry) => void>();

  /**
   * Adds a resource. @internal called by the ResourceInitializer
   * @throws {@link DuplicateResourceError} when the name is taken by another resource
   */
  register(resource: Resource, pipeline: () => PipelineStatus | undefined): RegisteredResource {
    const known = this.#entries.get(resource.name);
    if (known?.resource === resource) return known;
    if (known) throw new DuplicateResourceError(resource.name);
    const entry = new RegisteredResource(resource, pipeline, (changed) => this.#notify(changed));
    this.#entries.set(resource.name, entry);
    return entry;
  }

  /** The entry of a resource, by its name. */
  get(name: string): ResourceEntry | undefined {
    return this.#entries.get(name);
  }

  /** All entries, in the order of registration. */
  all(): readonly ResourceEntry[] {
    return [...this.#entries.values()];
  }

  /** The registry's own view of all entries. @internal */
  registered(): readonly RegisteredResource[] {
    return [...this.#entries.values()];
  }

  /** Calls `listener` whenever a resource enters another phase. @returns a function that ends the subscription */
  subscribe(listener: (entry: ResourceEntry) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #notify(entry: ResourceEntry): void {
    const listeners = [...this.#listeners];
    for (const listener of listeners) {
      this.#listenerErrors.guard('A listener of the registry', () => listener(entry));
    }
  }
}
