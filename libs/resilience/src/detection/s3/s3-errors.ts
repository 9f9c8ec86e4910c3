import type { Classification } from '../../classification.js';
import { lookUp } from '../code-table.js';
import { meaningOfStatus } from '../http/http-status.js';
import { retryAfterMsOf } from '../http/retry-after.js';
import { S3_CODES } from './s3-codes.js';

/** What the AWS SDK for JavaScript 3 knows of an answer that is an error (`ServiceException` of `@smithy/core`). */
interface ServiceError {
  readonly name: string;
  readonly $metadata?: unknown;
  readonly $response?: { readonly statusCode?: unknown; readonly headers?: unknown };
  readonly $retryable?: { readonly throttling?: unknown };
}

/**
 * Errors of S3 as the AWS SDK throws them: by the code that the server gave, which the SDK makes the error's name, else
 * by the HTTP status. That the SDK could not find credentials is known by class.
 */
export function detectS3Error(error: unknown): Classification | undefined {
  if (!(error instanceof Error)) return undefined;
  if (error.name === 'CredentialsProviderError') {
    return { kind: 'permanent', type: 'CredentialsProviderError', reason: 'auth', notSent: true };
  }
  if (!isAnswer(error)) return undefined;
  const found = byCode(error) ?? byStatus(error);
  const retryAfterMs = hintOf(error.$response?.headers);
  if (!found || found.kind === 'permanent' || retryAfterMs === undefined) return found;
  return { ...found, retryAfterMs };
}

/** Only what came from a server has a status; what failed on the way there is told by the error's socket code. */
function isAnswer(error: Error): error is Error & ServiceError {
  return statusOf(error) !== undefined;
}

function byCode(error: ServiceError): Classification | undefined {
  const isThrottling = error.$retryable?.throttling === true;
  const found = lookUp(S3_CODES, error.name);
  return found ?? (isThrottling ? { kind: 'throttled', type: error.name } : undefined);
}

function byStatus(error: ServiceError): Classification | undefined {
  const status = statusOf(error) as number;
  const known = meaningOfStatus(status);
  return known && { ...known, type: `HTTP_${status}` };
}

function statusOf({ $metadata, $response }: ServiceError): number | undefined {
  if (typeof $metadata !== 'object' || $metadata === null) return undefined;
  const { httpStatusCode } = $metadata as { httpStatusCode?: unknown };
  const status = httpStatusCode ?? $response?.statusCode;
  return typeof status === 'number' ? status : undefined;
}

/** AWS asks in milliseconds with a header of its own; otherwise it is HTTP's. */
function hintOf(headers: unknown): number | undefined {
  const own = (headers as Record<string, unknown> | undefined)?.['x-amz-retry-after'];
  return typeof own === 'string' && /^\d+$/.test(own) ? Number(own) : retryAfterMsOf(headers);
}
