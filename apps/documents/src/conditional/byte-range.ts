import { isSameStrongly } from './entity-tag.js';
import { parseHttpDate } from './http-date.js';
import type { Validators } from './preconditions.js';

/** A part of a representation, in bytes from 0; `end` is included. */
export interface BytePart {
  readonly start: number;
  readonly end: number;
}

/** The headers that ask for a part. */
export interface RangeHeaders {
  readonly range?: string | undefined;
  /** Node knows it by no type of its own; sent twice it is joined, and then names nothing. */
  readonly 'if-range'?: string | readonly string[] | undefined;
}

/** What of a representation is to be sent. */
export type Selection = 'whole' | 'unsatisfiable' | BytePart;

const UNIT = /^bytes=(.*)$/is;
const RANGE = /^(\d+)-(\d*)$|^-(\d+)$/;

/**
 * Which part a GET asks for (RFC 9110, 14.2). Everything is sent when the range is none, of another unit or one of
 * several (a server need not serve those), and when `If-Range` names another state than the present one.
 * @param size bytes of the whole
 * @param nowMs milliseconds since 1970
 */
export function selectPart(
  headers: RangeHeaders,
  size: number,
  validators: Validators,
  nowMs: number,
): Selection {
  const { range, 'if-range': ifRange } = headers;
  if (range === undefined) return 'whole';
  if (ifRange !== undefined && !isPresent(String(ifRange), validators, nowMs)) return 'whole';
  return parseRange(range, size);
}

/** The part of `size` bytes that a `Range` header asks for. */
export function parseRange(header: string, size: number): Selection {
  const set = UNIT.exec(header)?.[1]
    ?.split(',')
    .map((spec) => spec.trim());
  const [only, ...others] = set?.filter((spec) => spec !== '') ?? [];
  const match = others.length === 0 ? RANGE.exec(only ?? '') : null;
  if (!match) return 'whole';
  const [, first, last, suffix] = match;
  return suffix === undefined
    ? fromPositions(Number(first), last === '' ? Infinity : Number(last), size)
    : fromSuffix(Number(suffix), size);
}

function fromPositions(first: number, last: number, size: number): Selection {
  if (last < first) return 'whole';
  return first < size ? { start: first, end: Math.min(last, size - 1) } : 'unsatisfiable';
}

function fromSuffix(length: number, size: number): Selection {
  if (length === 0) return 'unsatisfiable';
  // The last bytes of nothing are nothing, which no Content-Range can say.
  return size === 0 ? 'whole' : { start: Math.max(0, size - length), end: size - 1 };
}

/** Whether `If-Range` names the present state: a strong entity tag, or exactly the date of Last-Modified. */
function isPresent(ifRange: string, { etag, lastModified }: Validators, nowMs: number): boolean {
  const date = parseHttpDate(ifRange, nowMs);
  return date === undefined ? isSameStrongly(ifRange.trim(), etag) : date === lastModified;
}
