import { Controller, Req, Res, type Type } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { HealthCheck } from '@nestjs/terminus';
import { HealthRoute } from './health-route.js';
import type { GroupController } from './mount-controller.js';
import { sendAnswer } from './route-answer.js';

/**
 * Makes the controller of `/health` and of its groups, under the prefix and the guards of the application. A class per
 * module instance, so that each has its own paths.
 */
export function createHealthController(): Type<GroupController> {
  @Controller()
  class HealthController implements GroupController {
    readonly #route: HealthRoute;
    readonly #host: HttpAdapterHost;

    constructor(route: HealthRoute, host: HttpAdapterHost) {
      this.#route = route;
      this.#host = host;
    }

    @HealthCheck()
    answer(@Req() request: unknown, @Res() response: unknown): Promise<void> {
      return this.answerGroup(undefined, request, response);
    }

    async answerGroup(
      group: string | undefined,
      request: unknown,
      response: unknown,
    ): Promise<void> {
      sendAnswer(this.#host.httpAdapter, response, await this.#route.answer(request, group));
    }
  }
  return HealthController;
}
