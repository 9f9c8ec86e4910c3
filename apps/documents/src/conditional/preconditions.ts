import type { IncomingHttpHeaders } from 'node:http';
import { isSameStrongly, isSameWeakly, parseEntityTags, type EntityTag } from './entity-tag.js';
import { parseHttpDate } from './http-date.js';

/** What tells one state of a resource from another. */
export interface Validators {
  /** A strong entity tag. */
  readonly etag: EntityTag;
  /** In milliseconds since 1970, whole seconds; absent when dates are not supported. */
  readonly lastModified?: number;
}

/** The headers that make a request conditional. */
export type ConditionalHeaders = Pick<
  IncomingHttpHeaders,
  'if-match' | 'if-none-match' | 'if-modified-since' | 'if-unmodified-since'
>;

/** What the conditions say: do it, answer 304, or answer 412. */
export type Verdict = 'proceed' | 'not-modified' | 'failed';

/** Whether a request is meant for certain entity tags only, so that the present one has to be found out first. */
export function namesEntityTags(headers: ConditionalHeaders): boolean {
  return headers['if-match'] !== undefined || headers['if-none-match'] !== undefined;
}

/**
 * Evaluates the conditions of a GET or HEAD for something that exists, in the order of RFC 9110 (13.2.2). Dates that are
 * none are ignored; a list of entity tags that is none matches nothing.
 * @param nowMs milliseconds since 1970
 */
export function evaluatePreconditions(
  headers: ConditionalHeaders,
  validators: Validators,
  nowMs: number,
): Verdict {
  const { etag } = validators;
  const ifMatch = headers['if-match'];
  const ifNoneMatch = headers['if-none-match'];
  if (ifMatch !== undefined) {
    if (!matches(ifMatch, etag, isSameStrongly)) return 'failed';
  } else if (isModifiedSince(headers['if-unmodified-since'], validators, nowMs) === true) {
    return 'failed';
  }
  const isKnown =
    ifNoneMatch === undefined
      ? isModifiedSince(headers['if-modified-since'], validators, nowMs) === false
      : matches(ifNoneMatch, etag, isSameWeakly);
  return isKnown ? 'not-modified' : 'proceed';
}

function matches(
  condition: string,
  etag: EntityTag,
  isSame: (one: EntityTag, other: EntityTag) => boolean,
): boolean {
  if (condition.trim() === '*') return true;
  return parseEntityTags(condition)?.some((tag) => isSame(tag, etag)) ?? false;
}

/** `undefined` when there is no condition. */
function isModifiedSince(
  condition: string | undefined,
  { lastModified }: Validators,
  nowMs: number,
): boolean | undefined {
  const since = condition === undefined ? undefined : parseHttpDate(condition, nowMs);
  return since === undefined || lastModified === undefined ? undefined : lastModified > since;
}
