import { Controller, Req, Res, type Type } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { EventsRoute } from './events-route.js';
import type { OneRouteController } from './mount-controller.js';
import { sendAnswer } from './route-answer.js';
import { takeResponse } from './take-response.js';

/** Makes the controller of `/status/events`, under the prefix and the guards of the application. */
export function createEventsController(): Type<OneRouteController> {
  @Controller()
  class EventsController implements OneRouteController {
    readonly #route: EventsRoute;
    readonly #host: HttpAdapterHost;

    constructor(route: EventsRoute, host: HttpAdapterHost) {
      this.#route = route;
      this.#host = host;
    }

    async answer(@Req() request: unknown, @Res() response: unknown): Promise<void> {
      const answer = await this.#route.answer(request, () => takeResponse(response));
      if (answer) sendAnswer(this.#host.httpAdapter, response, answer);
    }
  }
  return EventsController;
}
