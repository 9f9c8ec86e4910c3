import type { IncomingMessage } from 'node:http';
import { attachmentHeaders } from 'nestjs-mainstay/storage';
import { selectPart, type BytePart } from '../conditional/byte-range.js';
import { formatHttpDate } from '../conditional/http-date.js';
import { evaluatePreconditions, type Validators } from '../conditional/preconditions.js';
import type { Document } from './document.entity.js';
import { PreconditionFailedError } from './documents.errors.js';

/** What of a content a request gets; `nothing`: its client has it already. */
export type Delivery = 'nothing' | 'whole' | BytePart;

/**
 * Decides what of a document's content a GET or HEAD gets, before the content is opened (RFC 9110, 13 and 14).
 * @param nowMs milliseconds since 1970
 * @throws PreconditionFailedError
 */
export function decideDelivery(
  { method, headers }: Pick<IncomingMessage, 'method' | 'headers'>,
  document: Document,
  nowMs: number,
): Delivery | 'unsatisfiable' {
  const validators = validatorsOf(document);
  const verdict = evaluatePreconditions(headers, validators, nowMs);
  if (verdict === 'failed') throw new PreconditionFailedError();
  if (verdict === 'not-modified') return 'nothing';
  if (method === 'HEAD') return 'whole';
  return selectPart(headers, document.size, validators, nowMs);
}

/** The headers of the answer. It came from a user, so that a browser must neither show nor run it. */
export function deliveryHeaders(document: Document, delivery: Delivery): Record<string, string> {
  const { etag, lastModified } = validatorsOf(document);
  const validators = {
    ETag: etag,
    'Last-Modified': formatHttpDate(lastModified),
    // May be kept, but not used without asking: the document may be deleted.
    'Cache-Control': 'private, no-cache',
  };
  if (delivery === 'nothing') return validators;
  return { ...validators, 'Accept-Ranges': 'bytes', ...bodyHeaders(document, delivery) };
}

function bodyHeaders(
  { name, contentType, size }: Document,
  part: 'whole' | BytePart,
): Record<string, string> {
  const length = part === 'whole' ? size : part.end - part.start + 1;
  // The type is left to the StreamableFile: Express adds a charset to whatever type is set as a header.
  const { 'content-type': _, ...attachment } = attachmentHeaders(
    { key: name, contentType, length },
    name,
  );
  return {
    ...attachment,
    'Content-Security-Policy': "default-src 'none'; sandbox",
    ...(part !== 'whole' && { 'Content-Range': `bytes ${part.start}-${part.end}/${size}` }),
  };
}

/** A content never changes: its hash and its first moment say all about its state. */
function validatorsOf({ sha256, createdAt }: Document): Required<Validators> {
  return { etag: `"${sha256}"`, lastModified: Math.floor(createdAt / 1_000) * 1_000 };
}
