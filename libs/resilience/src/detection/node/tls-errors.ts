import type { Classification } from '../../classification.js';
import { lookUp, type CodeTable, type Known } from '../code-table.js';
import { codeOf } from '../detection-rule.js';

/** A connection that was never made: nothing was sent, and trying again at once would give the same. */
const NOT_TRUSTED: Known = { kind: 'unavailable', notSent: true, retryable: false };

/** The peer cannot prove who it is, or does not speak TLS (Node's documentation, "X509 certificate error codes"). */
const BY_CODE: CodeTable = Object.fromEntries(
  [
    'CERT_CHAIN_TOO_LONG',
    'CERT_HAS_EXPIRED',
    'CERT_NOT_YET_VALID',
    'CERT_REJECTED',
    'CERT_REVOKED',
    'CERT_SIGNATURE_FAILURE',
    'CERT_UNTRUSTED',
    'CRL_HAS_EXPIRED',
    'CRL_NOT_YET_VALID',
    'CRL_SIGNATURE_FAILURE',
    'DEPTH_ZERO_SELF_SIGNED_CERT',
    'ERROR_IN_CERT_NOT_AFTER_FIELD',
    'ERROR_IN_CERT_NOT_BEFORE_FIELD',
    'ERROR_IN_CRL_LAST_UPDATE_FIELD',
    'ERROR_IN_CRL_NEXT_UPDATE_FIELD',
    'ERR_TLS_CERT_ALTNAME_FORMAT',
    'ERR_TLS_CERT_ALTNAME_INVALID',
    'HOSTNAME_MISMATCH',
    'INVALID_CA',
    'INVALID_PURPOSE',
    'PATH_LENGTH_EXCEEDED',
    'SELF_SIGNED_CERT_IN_CHAIN',
    'UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY',
    'UNABLE_TO_DECRYPT_CERT_SIGNATURE',
    'UNABLE_TO_DECRYPT_CRL_SIGNATURE',
    'UNABLE_TO_GET_CRL',
    'UNABLE_TO_GET_ISSUER_CERT',
    'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
    'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  ].map((code) => [code, NOT_TRUSTED]),
);

/**
 * Errors of TLS, by code. Those of OpenSSL begin with `ERR_SSL_`: before the connection is secure they say that the two do
 * not find to each other; afterwards it is broken.
 */
export function detectTlsError(error: unknown): Classification | undefined {
  const code = codeOf(error);
  if (code === 'ERR_TLS_HANDSHAKE_TIMEOUT') return { kind: 'timeout', type: code, notSent: true };
  if (code?.startsWith('ERR_SSL_') !== true) return lookUp(BY_CODE, code);
  return isOfHandshake(code)
    ? { ...NOT_TRUSTED, type: code }
    : { kind: 'unavailable', type: code, retryable: false };
}

/** Reasons of OpenSSL that only a handshake can have (its `sslerr.h`). */
const OF_HANDSHAKE =
  /^ERR_SSL_(?:WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|HTTP_REQUEST|HTTPS_PROXY_REQUEST|NO_PROTOCOLS_AVAILABLE|NO_CIPHERS_AVAILABLE|NO_SHARED_CIPHER|UNSUPPORTED_PROTOCOL|UNKNOWN_PROTOCOL|VERSION_TOO_LOW|TLSV1_ALERT_PROTOCOL_VERSION|TLSV1_UNRECOGNIZED_NAME|SSLV3_ALERT_HANDSHAKE_FAILURE)$/;

function isOfHandshake(code: string): boolean {
  return OF_HANDSHAKE.test(code);
}
