import type { Classification } from '../../classification.js';
import { meaningOfStatus } from './http-status.js';
import { retryAfterMsOf } from './retry-after.js';

/** The parts of an error, or of the answer that it holds, which say what an HTTP server answered. */
interface Answer {
  readonly status?: unknown;
  readonly statusCode?: unknown;
  readonly headers?: unknown;
  readonly response?: unknown;
}

/**
 * Errors that carry the status of an HTTP answer: as `status` or `statusCode` (Nest's `HttpException`, undici, superagent),
 * or in their `response` (axios, ky, got); and a `Response` that was thrown itself. 408 and 504 are timeouts, 429 is
 * throttled, 502 and 503 unavailable, other 5xx transient, other 4xx permanent. `Retry-After` is honoured.
 */
export function detectHttpError(error: unknown): Classification | undefined {
  if (!(error instanceof Error) && !isResponse(error)) return undefined;
  return classifyAnswer(error as Answer);
}

/** What an answer, or an error that carries one, means. */
function classifyAnswer(answer: Answer): Classification | undefined {
  const response = isObject(answer.response) ? (answer.response as Answer) : undefined;
  const status = statusOf(answer) ?? (response && statusOf(response));
  const known = status === undefined ? undefined : meaningOfStatus(status);
  if (!known) return undefined;
  const retryAfterMs = retryAfterMsOf(answer.headers) ?? retryAfterMsOf(response?.headers);
  const isHint = retryAfterMs !== undefined && known.kind !== 'permanent';
  return { ...known, type: `HTTP_${status}`, ...(isHint && { retryAfterMs }) };
}

function statusOf({ status, statusCode }: Answer): number | undefined {
  if (typeof status === 'number') return status;
  return typeof statusCode === 'number' ? statusCode : undefined;
}

/** By its tag: a `Response` of another realm, or of undici from npm, is one too. */
function isResponse(value: unknown): boolean {
  return Object.prototype.toString.call(value) === '[object Response]';
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
