/** What a route answers, whichever server carries it. */
export interface RouteAnswer {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The part of an HTTP adapter that the routes need; the same for Express, Fastify and the management port. */
export interface RouteAdapter {
  get(path: string, handler: (request: unknown, response: unknown) => void): unknown;
  setHeader(response: unknown, name: string, value: string): unknown;
  reply(response: unknown, body: unknown, statusCode?: number): unknown;
  isHeadersSent(response: unknown): boolean;
}

/**
 * Sends an answer, which no cache may keep; none to a request that something else has answered, a middleware for timeouts
 * for example: headers that are set then throw, which would end the process.
 */
export function sendAnswer(
  adapter: Pick<RouteAdapter, 'setHeader' | 'reply' | 'isHeadersSent'>,
  response: unknown,
  { status, body, headers = {} }: RouteAnswer,
): void {
  if (adapter.isHeadersSent(response)) return;
  adapter.setHeader(response, 'Cache-Control', 'no-store');
  for (const [name, value] of Object.entries(headers)) adapter.setHeader(response, name, value);
  adapter.reply(response, body, status);
}
