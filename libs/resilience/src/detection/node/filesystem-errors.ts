import type { Classification } from '../../classification.js';
import { lookUp, type CodeTable, type Known } from '../code-table.js';
import { codeOf } from '../detection-rule.js';

/** Somebody must act, or another disk must do; what only reads still works. */
const REFUSES_WRITES: Known = { kind: 'unavailable', retryable: false, partial: true };
const BROKEN: Known = { kind: 'unavailable', retryable: false };
const PASSING: Known = { kind: 'transient' };
const AUTH: Known = { kind: 'permanent', reason: 'auth' };
const CONFLICT: Known = { kind: 'permanent', reason: 'conflict' };
const VALIDATION: Known = { kind: 'permanent', reason: 'validation' };
const CONFIGURATION: Known = { kind: 'permanent', reason: 'configuration' };

const BY_CODE: CodeTable = {
  ENOSPC: REFUSES_WRITES,
  EDQUOT: REFUSES_WRITES,
  EROFS: REFUSES_WRITES,
  EIO: BROKEN,
  ENODEV: BROKEN,
  ENXIO: BROKEN,
  ESTALE: PASSING,
  EMFILE: PASSING,
  ENFILE: PASSING,
  EAGAIN: PASSING,
  EBUSY: PASSING,
  ETXTBSY: PASSING,
  ENOMEM: PASSING,
  EINTR: PASSING,
  ENOLCK: PASSING,
  EACCES: AUTH,
  EPERM: AUTH,
  ENOENT: { kind: 'permanent', reason: 'not-found' },
  EEXIST: CONFLICT,
  ENOTEMPTY: CONFLICT,
  ENOTDIR: CONFIGURATION,
  EISDIR: CONFIGURATION,
  EXDEV: CONFIGURATION,
  EMLINK: CONFIGURATION,
  ELOOP: VALIDATION,
  ENAMETOOLONG: VALIDATION,
  EFBIG: VALIDATION,
};

/** Filesystem errors of Node, by errno code (Linux `errno(3)`). */
export function detectFilesystemError(error: unknown): Classification | undefined {
  const code = codeOf(error);
  return isOfSocket(error) ? undefined : lookUp(BY_CODE, code);
}

/** A socket has the same codes with another meaning: a missing file is a server that does not run. */
function isOfSocket(error: unknown): boolean {
  return (error as { syscall?: unknown } | undefined)?.syscall === 'connect';
}
