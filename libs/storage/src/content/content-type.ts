/** How much of the beginning of an object {@link contentTypeOf} looks at, in bytes. */
export const SNIFFED_BYTES = 16;

/** Beginnings of files, in hexadecimal, that no other kind of file has (WHATWG MIME Sniffing, section 6). */
const SIGNATURES: readonly (readonly [RegExp, string])[] = [
  [/^89504e470d0a1a0a/, 'image/png'],
  [/^ffd8ff/, 'image/jpeg'],
  [/^47494638(37|39)61/, 'image/gif'],
  [/^52494646.{8}57454250/, 'image/webp'],
  [/^52494646.{8}57415645/, 'audio/wav'],
  [/^255044462d/, 'application/pdf'],
  [/^4f67675300/, 'application/ogg'],
  [/^1f8b08/, 'application/gzip'],
];

/** Kinds of files that are recognised by their name: text has no signature, and some containers hold many kinds. */
const BY_EXTENSION: Readonly<Record<string, string>> = {
  avif: 'image/avif',
  css: 'text/css; charset=utf-8',
  csv: 'text/csv; charset=utf-8',
  docx: 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
  htm: 'text/html; charset=utf-8',
  html: 'text/html; charset=utf-8',
  ics: 'text/calendar; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  json: 'application/json',
  md: 'text/markdown; charset=utf-8',
  mov: 'video/quicktime',
  mp3: 'audio/mpeg',
  mp4: 'video/mp4',
  mjs: 'text/javascript; charset=utf-8',
  odt: 'application/vnd.oasis.opendocument.text',
  pptx: 'application/vnd.openxmlformats-officedocument.presentationml.presentation',
  svg: 'image/svg+xml',
  txt: 'text/plain; charset=utf-8',
  wasm: 'application/wasm',
  webm: 'video/webm',
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  xml: 'application/xml',
  zip: 'application/zip',
};

/**
 * The MIME type of an object: by its first bytes, then by the extension of its key. Nothing is guessed: `undefined` for
 * what neither tells.
 * @param head the first {@link SNIFFED_BYTES} bytes, or fewer
 */
export function contentTypeOf(key: string, head: Buffer): string | undefined {
  const text = head.toString('hex');
  const match = SIGNATURES.find(([signature]) => signature.test(text));
  if (match) return match[1];
  const extension = /\.([a-z0-9]+)$/i.exec(key)?.[1]?.toLowerCase() ?? '';
  return Object.hasOwn(BY_EXTENSION, extension) ? BY_EXTENSION[extension] : undefined;
}
