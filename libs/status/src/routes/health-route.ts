import { HttpException } from '@nestjs/common';
import type { HealthCheckService } from '@nestjs/terminus';
import type { HealthGroups } from '../health/health-groups.js';
import type { ResourceHealthIndicator } from '../health/resource.health-indicator.js';
import { admitRequest } from './admit-request.js';
import type { RouteAnswer } from './route-answer.js';
import type { StatusAccess } from './status-access.js';

/** `/health` and `/health/<group>`: Terminus's report over all resources, or over those of a group. */
export class HealthRoute {
  readonly #terminus: HealthCheckService;
  readonly #resources: ResourceHealthIndicator;
  readonly #groups: HealthGroups;
  readonly #access: StatusAccess;

  constructor(
    terminus: HealthCheckService,
    resources: ResourceHealthIndicator,
    groups: HealthGroups,
    access: StatusAccess,
  ) {
    this.#terminus = terminus;
    this.#resources = resources;
    this.#groups = groups;
    this.#access = access;
  }

  /** Answers for all resources, or for those of a group. */
  answer(request: unknown, group?: string): Promise<RouteAnswer> {
    const names = group === undefined ? undefined : this.#groups.members(group);
    return admitRequest(this.#access, request, (showsDetails) => this.#check(names, showsDetails));
  }

  async #check(names: readonly string[] | undefined, showsDetails: boolean): Promise<RouteAnswer> {
    try {
      const check = () => this.#resources.describe(names, showsDetails);
      return { status: 200, body: await this.#terminus.check([check]) };
    } catch (error) {
      // How Terminus says that something is down.
      if (!(error instanceof HttpException)) throw error;
      return { status: error.getStatus(), body: error.getResponse() };
    }
  }
}
