import type { BeforeApplicationShutdown, OnModuleInit } from '@nestjs/common';
import type { CircuitTransition } from 'nestjs-mainstay/resilience';
import type { ResourceEntry, ResourceRegistry } from 'nestjs-mainstay/resource';
import type { HealthState, ResourceHealth } from './health-state.js';
import { WatchedResource, type WatchedResourceParts } from './watched-resource.js';

/** What a {@link HealthMonitor} works with. */
export interface HealthMonitorParts extends WatchedResourceParts {
  readonly registry: ResourceRegistry;
}

/**
 * Keeps the health of every resource as state: background probes and the phases of the ResourceRegistry feed it; who asks
 * only reads, without I/O.
 */
export class HealthMonitor implements OnModuleInit, BeforeApplicationShutdown {
  readonly #parts: HealthMonitorParts;
  readonly #watched = new Map<string, WatchedResource>();
  readonly #unsubscribe: (() => void)[];
  #stopped = false;

  constructor(parts: HealthMonitorParts) {
    this.#parts = parts;
    this.#unsubscribe = [
      parts.registry.subscribe((entry) => this.#onPhase(entry)),
      parts.errors.onTransition((transition) => this.#onTransition(transition)),
    ];
  }

  /** Begins with the resources that were registered before. @internal */
  onModuleInit(): void {
    for (const entry of this.#parts.registry.all()) this.#onPhase(entry);
  }

  /** Ends all probes. @internal */
  beforeApplicationShutdown(): void {
    this.#stopped = true;
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
    for (const watched of this.#watched.values()) watched.end();
  }

  /** The health of one resource; `undefined` when nobody registered it. */
  get(name: string): ResourceHealth | undefined {
    const entry = this.#parts.registry.get(name);
    return entry && this.#watch(entry).health();
  }

  /** The health of all resources, in the order of their registration. */
  all(): readonly ResourceHealth[] {
    return this.#parts.registry.all().map((entry) => this.#watch(entry).health());
  }

  /** The state of the service: `down` with a critical resource, `degraded` with any other that is not up. */
  overall(): HealthState {
    let state: HealthState = 'up';
    for (const health of this.all()) {
      if (health.state === 'up' || health.criticality === 'informational') continue;
      if (health.state === 'down' && health.criticality === 'critical') return 'down';
      state = 'degraded';
    }
    return state;
  }

  /** Whether a critical resource is down: the instance then takes no traffic. */
  isCriticalDown(): boolean {
    return this.overall() === 'down';
  }

  #onPhase(entry: ResourceEntry): void {
    if (this.#stopped) return;
    const watched = this.#watch(entry);
    if (entry.phase === 'ready') watched.start();
    else watched.stop();
    watched.health();
  }

  #onTransition(transition: CircuitTransition): void {
    const entry = this.#parts.registry.get(transition.resource);
    if (entry) this.#watch(entry).circuitChanged(transition);
  }

  #watch(entry: ResourceEntry): WatchedResource {
    let watched = this.#watched.get(entry.name);
    if (!watched) {
      watched = new WatchedResource(entry, this.#parts);
      this.#watched.set(entry.name, watched);
    }
    return watched;
  }
}
