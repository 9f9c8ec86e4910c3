import type { Document } from './document.entity.js';

/** A document as clients see it. */
export interface DocumentView {
  readonly id: string;
  readonly name: string;
  readonly contentType: string;
  readonly size: number;
  readonly sha256: string;
  /** ISO 8601, UTC. */
  readonly createdAt: string;
  readonly links: { readonly self: string; readonly content: string };
}

/** Shows a document to clients. */
export function viewDocument(document: Document): DocumentView {
  const { id, name, contentType, size, sha256 } = document;
  const self = `/documents/${id}`;
  return {
    id,
    name,
    contentType,
    size,
    sha256,
    createdAt: new Date(document.createdAt).toISOString(),
    links: { self, content: `${self}/content` },
  };
}
