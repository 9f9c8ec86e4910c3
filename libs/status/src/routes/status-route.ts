import { admitRequest } from './admit-request.js';
import type { RouteAnswer } from './route-answer.js';
import type { StatusAccess } from './status-access.js';
import type { StatusReporter } from './status-report.js';

/** `/status.json`: everything that is known, or only the word of the state where details are not shown. */
export class StatusRoute {
  readonly #reporter: StatusReporter;
  readonly #access: StatusAccess;

  constructor(reporter: StatusReporter, access: StatusAccess) {
    this.#reporter = reporter;
    this.#access = access;
  }

  answer(request: unknown): Promise<RouteAnswer> {
    return admitRequest(this.#access, request, (showsDetails) => ({
      status: 200,
      body: showsDetails ? this.#reporter.report() : { state: this.#reporter.state() },
    }));
  }
}
