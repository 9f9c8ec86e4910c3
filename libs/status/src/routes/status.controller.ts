import { Controller, Req, Res, type Type } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { OneRouteController } from './mount-controller.js';
import { sendAnswer } from './route-answer.js';
import { StatusRoute } from './status-route.js';

/** Makes the controller of `/status.json`, under the prefix and the guards of the application. */
export function createStatusController(): Type<OneRouteController> {
  @Controller()
  class StatusController implements OneRouteController {
    readonly #route: StatusRoute;
    readonly #host: HttpAdapterHost;

    constructor(route: StatusRoute, host: HttpAdapterHost) {
      this.#route = route;
      this.#host = host;
    }

    async answer(@Req() request: unknown, @Res() response: unknown): Promise<void> {
      sendAnswer(this.#host.httpAdapter, response, await this.#route.answer(request));
    }
  }
  return StatusController;
}
