import { Controller, Req, Res, type Type } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { HealthCheck, HealthCheckService, type HealthCheckResult } from '@nestjs/terminus';
import { ResourceHealthIndicator } from '../health/resource.health-indicator.js';
import { admitRequest } from './controller-access.js';
import type { OneRouteController } from './mount-controller.js';
import { StatusAccess } from './status-access.js';

/**
 * Makes the controller of `/health`: Terminus's report over all resources, under the prefix and the guards of the
 * application. A class per module instance, so that each has its own path.
 */
export function createHealthController(): Type<OneRouteController> {
  @Controller()
  class HealthController implements OneRouteController {
    readonly #terminus: HealthCheckService;
    readonly #resources: ResourceHealthIndicator;
    readonly #access: StatusAccess;
    readonly #host: HttpAdapterHost;

    constructor(
      terminus: HealthCheckService,
      resources: ResourceHealthIndicator,
      access: StatusAccess,
      host: HttpAdapterHost,
    ) {
      this.#terminus = terminus;
      this.#resources = resources;
      this.#access = access;
      this.#host = host;
    }

    @HealthCheck()
    async answer(
      @Req() request: unknown,
      @Res({ passthrough: true }) response: unknown,
    ): Promise<HealthCheckResult> {
      const showsDetails = await admitRequest(this.#access, this.#host, request, response);
      return this.#terminus.check([() => this.#resources.describeAll(showsDetails)]);
    }
  }
  return HealthController;
}
