import type { Readable } from 'node:stream';
import type { OpenedObject } from '../disks/disk.js';
import type { StoredStream } from '../storage.types.js';

/** A stream with the facts of the object that it gives. */
export function describeStream(stream: Readable, object: OpenedObject): StoredStream {
  const { key, size, length, etag, lastModified, contentType, range } = object;
  return {
    stream,
    key,
    size,
    length,
    etag,
    lastModified,
    ...(contentType === undefined ? {} : { contentType }),
    ...(range === undefined ? {} : { range }),
  };
}
