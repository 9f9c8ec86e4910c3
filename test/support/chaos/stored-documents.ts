import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { DocumentView } from '../documents-client.js';
import type { ServiceProcess } from '../service-process.js';

/** The documents of a service as its two places know them, by their ids. */
export interface StoredDocuments {
  readonly rows: readonly string[];
  readonly contents: readonly string[];
}

/** Looks up all documents: the rows over HTTP, the contents on the disk. */
export async function storedDocuments(service: ServiceProcess): Promise<StoredDocuments> {
  const rows: string[] = [];
  let cursor: string | null = '';
  while (cursor !== null) {
    const query = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`;
    const response = await fetch(`${service.url}/documents?limit=100${query}`);
    const page = (await response.json()) as {
      documents: DocumentView[];
      nextCursor: string | null;
    };
    rows.push(...page.documents.map(({ id }) => id));
    cursor = page.nextCursor;
  }
  const contents = await readdir(join(service.storageDirectory, 'documents'));
  return { rows: rows.sort(), contents: contents.sort() };
}
