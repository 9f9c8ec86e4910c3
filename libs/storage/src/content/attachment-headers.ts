/** What {@link attachmentHeaders} needs of an object. */
export interface AttachmentFacts {
  readonly key: string;
  readonly contentType?: string | undefined;
  readonly length: number;
}

/**
 * HTTP headers for an object that came from a user: the browser saves it, and neither shows nor runs it.
 * @param filename the name to save it under; @default the last segment of the key
 * @example
 * const file = await storage.get(key);
 * response.set(attachmentHeaders(file));
 * return new StreamableFile(file.stream);
 */
export function attachmentHeaders(
  object: AttachmentFacts,
  filename = object.key.slice(object.key.lastIndexOf('/') + 1),
): Record<string, string> {
  return {
    'content-type': object.contentType ?? 'application/octet-stream',
    'content-length': String(object.length),
    'content-disposition': contentDisposition(filename),
    'x-content-type-options': 'nosniff',
  };
}

/** RFC 6266: a plain name for old clients, the real one in UTF-8 (RFC 8187). */
function contentDisposition(filename: string): string {
  const plain = filename.replace(/[^\x20-\x7e]|["\\%]/g, '_');
  const encoded = encodeURIComponent(filename).replace(
    /['()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `attachment; filename="${plain}"; filename*=UTF-8''${encoded}`;
}
