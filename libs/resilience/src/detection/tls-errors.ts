import type { Classification } from '../classification.js';
import { codeOf } from './detection-rule.js';

/** The peer cannot prove who it is, or does not speak TLS (Node's documentation, "X509 certificate error codes"). */
const NOT_TRUSTED = new Set([
  'CERT_CHAIN_TOO_LONG',
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
  'CERT_REJECTED',
  'CERT_REVOKED',
  'CERT_SIGNATURE_FAILURE',
  'CERT_UNTRUSTED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'ERR_SSL_WRONG_VERSION_NUMBER',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'ERR_TLS_HANDSHAKE_TIMEOUT',
  'HOSTNAME_MISMATCH',
  'INVALID_CA',
  'INVALID_PURPOSE',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);

/** A TLS connection that was never made: nothing was sent, and trying again at once would give the same. */
export function detectTlsError(error: unknown): Classification | undefined {
  const code = codeOf(error);
  if (code === undefined || !NOT_TRUSTED.has(code)) return undefined;
  return { kind: 'unavailable', type: code, notSent: true, retryable: false };
}
