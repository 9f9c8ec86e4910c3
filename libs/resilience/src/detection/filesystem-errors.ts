import type { Classification } from '../classification.js';
import { codeOf } from './detection-rule.js';

const BY_CODE: Readonly<Record<string, Omit<Classification, 'type'>>> = {
  ENOSPC: { kind: 'unavailable', retryable: false, partial: true },
  EDQUOT: { kind: 'unavailable', retryable: false, partial: true },
  EROFS: { kind: 'unavailable', retryable: false, partial: true },
  EIO: { kind: 'unavailable', retryable: false },
  ENODEV: { kind: 'unavailable', retryable: false },
  ENXIO: { kind: 'unavailable', retryable: false },
  ESTALE: { kind: 'transient' },
  EMFILE: { kind: 'transient' },
  ENFILE: { kind: 'transient' },
  EAGAIN: { kind: 'transient' },
  EBUSY: { kind: 'transient' },
  ENOMEM: { kind: 'transient' },
  EACCES: { kind: 'permanent', reason: 'auth' },
  EPERM: { kind: 'permanent', reason: 'auth' },
  ENOENT: { kind: 'permanent', reason: 'not-found' },
  EEXIST: { kind: 'permanent', reason: 'conflict' },
  ENOTEMPTY: { kind: 'permanent', reason: 'conflict' },
  ENOTDIR: { kind: 'permanent', reason: 'configuration' },
  EISDIR: { kind: 'permanent', reason: 'configuration' },
  ELOOP: { kind: 'permanent', reason: 'validation' },
  ENAMETOOLONG: { kind: 'permanent', reason: 'validation' },
  EFBIG: { kind: 'permanent', reason: 'validation' },
};

/** Filesystem errors of Node, by errno code (Linux `errno(3)`). */
export function detectFilesystemError(error: unknown): Classification | undefined {
  const code = codeOf(error);
  if (code === undefined || !Object.hasOwn(BY_CODE, code)) return undefined;
  return { ...(BY_CODE[code] as Omit<Classification, 'type'>), type: code };
}
