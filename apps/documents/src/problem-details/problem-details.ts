import { STATUS_CODES } from 'node:http';
import { HttpException } from '@nestjs/common';
import { isMainstayError } from 'nestjs-mainstay/common';
import { isKnownFailure, type Classification } from 'nestjs-mainstay/resilience';
import { errorDetector } from '../errors/error-detector.js';

/** An error as RFC 9457 wants it told. */
export interface ProblemDetails {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail?: string;
  readonly instance?: string;
  /** The stable code of the error, where it has one. */
  readonly code?: string;
}

/** A problem and when asking again makes sense. */
export interface Problem {
  readonly details: ProblemDetails;
  readonly retryAfterSeconds?: number;
}

/** What a client is told to wait for a dependency that says nothing itself, in milliseconds. */
const DEFAULT_RETRY_AFTER_MS = 5_000;

/**
 * Tells what a client may know of an error: HTTP errors speak for themselves; a dependency that is away is a 503 with a
 * time; anything else is a 500 without details, because its message was not written for strangers.
 */
export function describeProblem(error: unknown): Problem {
  if (error instanceof HttpException) return describeHttpException(error);
  const status = clientErrorStatus(error);
  if (status !== undefined) return problem(status);
  if (isMainstayError(error, 'STORAGE_TOO_LARGE')) return problem(413, { code: error.code });
  const classification = errorDetector.detect(error);
  if (isKnownFailure(classification) || classification.kind === 'cancelled') {
    return describeOutage(error, classification);
  }
  return problem(500);
}

function describeHttpException(error: HttpException): Problem {
  return problem(error.getStatus(), { detail: error.message });
}

function describeOutage(error: unknown, { retryAfterMs }: Classification): Problem {
  const waitMs = retryAfterMs ?? DEFAULT_RETRY_AFTER_MS;
  return {
    ...problem(503, {
      detail: 'Something that this service depends on does not answer right now. Try again later.',
      ...(isMainstayError(error) && { code: error.code }),
    }),
    retryAfterSeconds: Math.max(1, Math.ceil(waitMs / 1_000)),
  };
}

/** The status of errors that HTTP libraries throw for a bad request: a bad escape in the path, malformed JSON. */
function clientErrorStatus(error: unknown): number | undefined {
  if (!(error instanceof Error)) return undefined;
  const { status, statusCode } = error as { status?: unknown; statusCode?: unknown };
  const found = Number(statusCode ?? status);
  return found >= 400 && found < 500 ? found : undefined;
}

function problem(status: number, more: Pick<ProblemDetails, 'detail' | 'code'> = {}): Problem {
  return {
    details: { type: 'about:blank', title: STATUS_CODES[status] ?? 'Error', status, ...more },
  };
}
