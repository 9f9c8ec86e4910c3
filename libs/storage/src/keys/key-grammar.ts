/** Names that begin so belong to the disk itself. */
export const RESERVED_PREFIX = '.mainstay';

/** The most bytes of a key in UTF-8 (the limit of S3). */
const MAX_KEY_BYTES = 1_024;
/** The most bytes of a segment in UTF-8 (`NAME_MAX` of Linux). */
const MAX_SEGMENT_BYTES = 255;

const PLAIN = /^[\x20-\x5b\x5d-\x7e]*$/;
const LONE_SURROGATE = /\p{Surrogate}/u;
const CONTROL = /\p{Control}/u;
const BIDI_OVERRIDE = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/;

/** What is wrong with the characters or the length of a text that is a key, or begins one. */
export function textFault(text: string): string | undefined {
  if (PLAIN.test(text)) return text.length > MAX_KEY_BYTES ? tooLong('key') : undefined;
  if (LONE_SURROGATE.test(text)) return 'holds half of a surrogate pair, which is no Unicode';
  if (text.includes('\\')) return 'holds a backslash; segments are separated by "/"';
  if (CONTROL.test(text)) return 'holds a control character';
  if (BIDI_OVERRIDE.test(text)) return 'holds a character that changes the direction of text';
  if (text.normalize('NFC') !== text) return 'is not in Unicode normal form NFC; call normalize()';
  return Buffer.byteLength(text) > MAX_KEY_BYTES ? tooLong('key') : undefined;
}

/** What is wrong with one segment of a key; its characters are judged by {@link textFault}. */
export function segmentFault(segment: string): string | undefined {
  if (segment === '') return 'has an empty segment, or begins or ends with "/"';
  if (segment === '.' || segment === '..') return `has the segment "${segment}"`;
  if (segment.startsWith(RESERVED_PREFIX)) {
    return `has a segment that begins with "${RESERVED_PREFIX}", which is reserved`;
  }
  return Buffer.byteLength(segment) > MAX_SEGMENT_BYTES ? tooLong('segment') : undefined;
}

function tooLong(what: 'key' | 'segment'): string {
  return what === 'key'
    ? `is longer than ${MAX_KEY_BYTES} bytes`
    : `has a segment longer than ${MAX_SEGMENT_BYTES} bytes`;
}
