import type { ServerResponse } from 'node:http';

/** What Fastify wraps around the response of Node.js. */
interface FastifyReply {
  readonly raw: ServerResponse;
  hijack(): unknown;
  getHeaders(): Readonly<Record<string, string | number | readonly string[] | undefined>>;
}

/**
 * The response of Node.js behind that of the platform, for an answer that goes on and on. What Fastify had set (the headers
 * of CORS) goes with it.
 */
export function takeResponse(response: unknown): ServerResponse {
  if (!isFastifyReply(response)) return response as ServerResponse;
  response.hijack();
  for (const [name, value] of Object.entries(response.getHeaders())) {
    if (value !== undefined) response.raw.setHeader(name, value);
  }
  return response.raw;
}

function isFastifyReply(response: unknown): response is FastifyReply {
  return typeof (response as Partial<FastifyReply>).hijack === 'function';
}
