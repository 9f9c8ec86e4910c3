import { Controller, Header, Req, Res, type Type } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { HealthState } from '../health/health-state.js';
import { admitRequest } from './controller-access.js';
import type { OneRouteController } from './mount-controller.js';
import { StatusAccess } from './status-access.js';
import { StatusReporter, type StatusReport } from './status-report.js';

/**
 * Makes the controller of `/status.json`: everything that is known, or only the word of the state where details are not
 * shown. Under the prefix and the guards of the application.
 */
export function createStatusController(): Type<OneRouteController> {
  @Controller()
  class StatusController implements OneRouteController {
    readonly #reporter: StatusReporter;
    readonly #access: StatusAccess;
    readonly #host: HttpAdapterHost;

    constructor(reporter: StatusReporter, access: StatusAccess, host: HttpAdapterHost) {
      this.#reporter = reporter;
      this.#access = access;
      this.#host = host;
    }

    @Header('Cache-Control', 'no-store')
    async answer(
      @Req() request: unknown,
      @Res({ passthrough: true }) response: unknown,
    ): Promise<StatusReport | { readonly state: HealthState }> {
      const showsDetails = await admitRequest(this.#access, this.#host, request, response);
      return showsDetails ? this.#reporter.report() : { state: this.#reporter.state() };
    }
  }
  return StatusController;
}
