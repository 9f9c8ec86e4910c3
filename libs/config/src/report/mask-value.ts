import { redactText } from 'nestjs-mainstay/common';

const MASK = '***';
const MAX_LENGTH = 120;

/**
 * Shows a value without its secrets: what stands before the last `@`, what stands where a port should be, and the query
 * of a URL are masked, even where the value is no proper URL.
 * @example
 * maskValue('ftp://user:secret@x?token=y') // 'ftp://***@x?***'
 */
export function maskValue(text: string): string {
  const masked = redactText(text)
    .replace(/^(\s*[a-z][a-z0-9+.-]*:\/\/)?.*@/is, `$1${MASK}@`)
    .replace(/^(\s*[a-z][a-z0-9+.-]*:\/\/)([^/?#@]*)/i, maskPorts)
    .replace(/^([^?]*:[^?]*\?).*$/s, `$1${MASK}`);
  return masked.length > MAX_LENGTH ? `${masked.slice(0, MAX_LENGTH)}…` : masked;
}

/** `redis://:secret` lacks its `@`: a port is a number, anything else may be a password. */
function maskPorts(_match: string, scheme: string, authority: string): string {
  return scheme + authority.replaceAll(/:(?!\d+(?:,|$))[^:,]*/g, `:${MASK}`);
}
