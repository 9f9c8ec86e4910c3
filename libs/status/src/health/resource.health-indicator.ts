import { Injectable } from '@nestjs/common';
import type { HealthIndicatorResult, HealthIndicatorStatus } from '@nestjs/terminus';
import { StatusAccess } from '../routes/status-access.js';
import { HealthMonitor } from './health-monitor.js';
import type { ResourceHealth } from './health-state.js';

/**
 * The health of resources for Terminus. Reads state: never throws, does no I/O.
 * @example
 * \@Get('health')
 * \@HealthCheck()
 * check() {
 *   return this.health.check([() => this.resources.check('cache'), () => this.http.pingCheck('docs', 'https://…')]);
 * }
 */
@Injectable()
export class ResourceHealthIndicator {
  readonly #monitor: HealthMonitor;
  readonly #access: StatusAccess;

  constructor(monitor: HealthMonitor, access: StatusAccess) {
    this.#monitor = monitor;
    this.#access = access;
  }

  /**
   * One resource. `degraded` where it is not critical and down or unknown; `down` where it is critical and down or
   * unknown, and when no resource has this name. Details are shown only with `STATUS_DETAILS=always`: who asks is not known.
   */
  check<const Name extends string>(name: Name): HealthIndicatorResult<Name> {
    const health = this.#monitor.get(name);
    const showsDetails = this.#access.showsDetails(false);
    const result = health
      ? describe(health, showsDetails)
      : { status: 'down' as const, ...(showsDetails && { message: this.#unknownName(name) }) };
    return { [name]: result } as HealthIndicatorResult<Name>;
  }

  /** All resources in one result. */
  all(): HealthIndicatorResult {
    return this.describe(undefined, this.#access.showsDetails(false));
  }

  /** The resources of these names, or all, with or without details. @internal */
  describe(names: readonly string[] | undefined, showsDetails: boolean): HealthIndicatorResult {
    const described = names
      ? names.flatMap((name) => this.#monitor.get(name) ?? [])
      : this.#monitor.all();
    return Object.fromEntries(
      described.map((health) => [health.name, describe(health, showsDetails)]),
    );
  }

  #unknownName(name: string): string {
    const known = this.#monitor.all().map((health) => health.name);
    return `No resource is named "${name}". Registered: ${known.join(', ') || 'none'}.`;
  }
}

function describe(
  health: ResourceHealth,
  showsDetails: boolean,
): { status: HealthIndicatorStatus } & Record<string, unknown> {
  const { state, criticality, reason, circuit, ageMs, capabilities, details } = health;
  const status = toTerminus(health);
  if (!showsDetails) return { status };
  return {
    state,
    criticality,
    ...(reason !== undefined && { message: reason }),
    ...(circuit !== undefined && { circuit }),
    ...(ageMs !== undefined && { ageMs: Math.round(ageMs) }),
    ...(capabilities && { capabilities }),
    ...(details && { details }),
    status,
  };
}

function toTerminus({ state, criticality }: ResourceHealth): HealthIndicatorStatus {
  if (state === 'up' || state === 'degraded') return state;
  return criticality === 'critical' ? 'down' : 'degraded';
}
