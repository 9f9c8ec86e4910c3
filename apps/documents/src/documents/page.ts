import { BadRequestException } from '@nestjs/common';
import { isDocumentId } from './document-id.pipe.js';

/** Documents in a page when the client does not say. */
export const DEFAULT_PAGE_SIZE = 20;

/** The largest page. */
export const MAX_PAGE_SIZE = 100;

/** Which part of the documents is asked for, newest first. */
export interface PageRequest {
  readonly limit: number;
  /** The id of the last document of the page before. */
  readonly after: string | undefined;
}

/**
 * Reads a page's query parameters.
 * @throws BadRequestException when one of them is not what this service handed out or takes
 */
export function readPageRequest(limit: unknown, cursor: unknown): PageRequest {
  return { limit: readLimit(limit), after: cursor === undefined ? undefined : readCursor(cursor) };
}

/** The cursor of the page that follows the document `id`; opaque to clients. */
export function cursorAfter(id: string): string {
  return Buffer.from(id.replaceAll('-', ''), 'hex').toString('base64url');
}

function readLimit(value: unknown): number {
  if (value === undefined) return DEFAULT_PAGE_SIZE;
  const limit = typeof value === 'string' && /^\d{1,9}$/.test(value) ? Number(value) : 0;
  if (limit >= 1 && limit <= MAX_PAGE_SIZE) return limit;
  throw new BadRequestException(`limit must be a whole number from 1 to ${MAX_PAGE_SIZE}.`);
}

function readCursor(value: unknown): string {
  const hex = typeof value === 'string' ? Buffer.from(value, 'base64url').toString('hex') : '';
  const id = hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  if (isDocumentId(id) && cursorAfter(id) === value) return id;
  throw new BadRequestException('cursor is not one that a page of this service gave.');
}
