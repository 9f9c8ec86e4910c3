import type { ServerResponse } from 'node:http';
import { admitRequest } from './admit-request.js';
import type { RouteAnswer } from './route-answer.js';
import type { StatusAccess } from './status-access.js';
import type { StatusEvents } from './status-events.js';

/** The answer while there are too many clients, or while the application drains. */
const BUSY: RouteAnswer = {
  status: 503,
  body: { statusCode: 503, message: 'Service Unavailable' },
  headers: { 'Retry-After': '5' },
};

/** What a client hears that asks for the headers alone: the stream would never end. */
const HEADERS_ALONE: RouteAnswer = {
  status: 200,
  body: '',
  headers: { 'Content-Type': 'text/event-stream; charset=utf-8' },
};

/** `/status/events`: the reports of `/status.json` without the history, as they change, as server-sent events. */
export class EventsRoute {
  readonly #events: StatusEvents;
  readonly #access: StatusAccess;

  constructor(events: StatusEvents, access: StatusAccess) {
    this.#events = events;
    this.#access = access;
  }

  /**
   * Begins a stream.
   * @param take gives the response of Node.js, which nobody else writes to from then on
   * @returns the answer when there is no stream
   */
  answer(request: unknown, take: () => ServerResponse): Promise<RouteAnswer | undefined> {
    return admitRequest(this.#access, request, (showsDetails) => {
      if ((request as { method?: string }).method === 'HEAD') return HEADERS_ALONE;
      if (!this.#events.isOpen) return BUSY;
      this.#events.add(take, showsDetails);
      return undefined;
    });
  }
}
