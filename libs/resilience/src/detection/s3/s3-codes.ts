import type { CodeTable, Known } from '../code-table.js';

const THROTTLED: Known = { kind: 'throttled' };
const TRANSIENT: Known = { kind: 'transient' };
/** Somebody else is at the same object; every other one is served. */
const CONTENTION: Known = { kind: 'transient', partial: true };
const FULL: Known = { kind: 'unavailable', retryable: false, partial: true };
const AUTH: Known = { kind: 'permanent', reason: 'auth' };
const CONFIGURATION: Known = { kind: 'permanent', reason: 'configuration' };
const NOT_FOUND: Known = { kind: 'permanent', reason: 'not-found' };
const CONFLICT: Known = { kind: 'permanent', reason: 'conflict' };

function all(codes: readonly string[], known: Known): CodeTable {
  return Object.fromEntries(codes.map((code) => [code, known]));
}

/**
 * Codes of S3 and of the servers that speak its protocol, where they say more than the HTTP status (Amazon S3's "Error
 * responses"; the throttling and clock codes of the AWS SDK, `@smithy/core` `service-error-classification`; Ceph's
 * `rgw_http_errors`; MinIO's storage codes).
 */
export const S3_CODES: CodeTable = {
  ...all(['RequestTimeout', 'RequestTimeoutException'], { kind: 'timeout' }),
  ...all(
    [
      'BandwidthLimitExceeded',
      'EC2ThrottledException',
      'LimitExceededException',
      'PriorRequestNotComplete',
      'ProvisionedThroughputExceededException',
      'RequestLimitExceeded',
      'RequestThrottled',
      'RequestThrottledException',
      'SlowDown',
      'SlowDownRead',
      'SlowDownWrite',
      'ThrottledException',
      'Throttling',
      'ThrottlingException',
      'TooManyRequests',
      'TooManyRequestsException',
      'TransactionInProgressException',
    ],
    THROTTLED,
  ),
  ...all(['Busy', 'ServiceUnavailable'], { kind: 'unavailable' }),
  ...all(['QuotaExceeded', 'XMinioStorageFull'], FULL),
  InternalError: TRANSIENT,
  // The SDK takes the server's time from this answer: the next try is signed with it.
  ...all(['RequestTimeTooSkewed', 'RequestInTheFuture'], TRANSIENT),
  ...all(['ConditionalRequestConflict', 'OperationAborted'], CONTENTION),
  ...all(
    [
      'AccessDenied',
      'AccessDeniedException',
      'AccountProblem',
      'AllAccessDisabled',
      'ExpiredToken',
      'ExpiredTokenException',
      'InvalidAccessKeyId',
      'InvalidPayer',
      'InvalidSecurity',
      'InvalidToken',
      'NotSignedUp',
      'RequestExpired',
      'SignatureDoesNotMatch',
      'TokenRefreshRequired',
      'UserSuspended',
    ],
    AUTH,
  ),
  ...all(
    [
      'AuthorizationHeaderMalformed',
      'IllegalLocationConstraintException',
      'InvalidBucketName',
      'InvalidLocationConstraint',
      'InvalidRegionName',
      'NoSuchBucket',
      'NotImplemented',
      'PermanentRedirect',
      'Redirect',
      'TemporaryRedirect',
    ],
    CONFIGURATION,
  ),
  ...all(['NoSuchAnnotation', 'NoSuchKey', 'NoSuchUpload', 'NoSuchVersion', 'NotFound'], NOT_FOUND),
  ...all(
    [
      'BucketAlreadyExists',
      'BucketAlreadyOwnedByYou',
      'BucketNotEmpty',
      'InvalidObjectState',
      'ObjectAlreadyInActiveTierError',
      'ObjectNotInActiveTierError',
      'PreconditionFailed',
      'RestoreAlreadyInProgress',
    ],
    CONFLICT,
  ),
};
