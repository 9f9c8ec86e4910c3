import type { CodeMeaning, DatabaseCondition } from './code-meaning.js';
import type { Known } from '../code-table.js';

const CONFLICT: Known = { kind: 'permanent', reason: 'conflict' };
const VALIDATION: Known = { kind: 'permanent', reason: 'validation' };
const CONFIGURATION: Known = { kind: 'permanent', reason: 'configuration' };
const AUTH: Known = { kind: 'permanent', reason: 'auth' };
/** Transactions stood in each other's way; the server itself serves, so that its breaker stays closed. */
const CONTENTION: Known = { kind: 'transient', partial: true };
/** Waiting does not help, somebody must act; what only reads still works. */
const BROKEN: Known = { kind: 'unavailable', retryable: false, partial: true };
const AWAY: Known = { kind: 'unavailable' };
const OVERLOADED: Known = { kind: 'throttled' };
const LATE: Known = { kind: 'timeout' };

type Group = readonly [
  condition: DatabaseCondition,
  classification: Known,
  errnos: readonly number[],
  outcome?: 'unknown',
];

/**
 * Error numbers of MySQL 8 and MariaDB 10 and later that mean more, or other, than the class of their SQLSTATE (MySQL's
 * "Server Error Message Reference", MariaDB's "Error Codes").
 */
const GROUPS: readonly Group[] = [
  // ER_CON_COUNT_ERROR, ER_TOO_MANY_USER_CONNECTIONS
  ['too-many-connections', { ...OVERLOADED, notSent: true }, [1040, 1203]],
  // ER_USER_LIMIT_REACHED, ER_CANT_CREATE_THREAD, ER_MAX_PREPARED_STMT_COUNT_REACHED, ER_TOO_MANY_CONCURRENT_TRXS
  ['server', OVERLOADED, [1226, 1135, 1461, 1637]],
  // ER_BAD_HOST_ERROR, ER_HANDSHAKE_ERROR
  ['connection', { ...AWAY, notSent: true }, [1042, 1043]],
  // ER_HOST_IS_BLOCKED: until an operator flushes the hosts
  ['connection', { ...AWAY, notSent: true, retryable: false }, [1129]],
  // ER_SERVER_SHUTDOWN, ER_NORMAL_SHUTDOWN, ER_SHUTDOWN_COMPLETE, ER_FORCING_CLOSE, ER_ABORTING_CONNECTION,
  // ER_NEW_ABORTING_CONNECTION, ER_CLIENT_INTERACTION_TIMEOUT (MySQL)
  ['connection-lost', AWAY, [1053, 1077, 1079, 1080, 1152, 1184, 4031], 'unknown'],
  // ER_NET_READ_ERROR, ER_NET_READ_INTERRUPTED, ER_NET_ERROR_ON_WRITE, ER_NET_WRITE_INTERRUPTED
  ['connection-lost', AWAY, [1158, 1159, 1160, 1161], 'unknown'],
  // ER_QUERY_INTERRUPTED, ER_QUERY_TIMEOUT (MySQL)
  ['statement-timeout', LATE, [1317, 3024]],
  // ER_LOCK_WAIT_TIMEOUT, ER_LOCK_NOWAIT (MySQL), ER_TABLE_DEF_CHANGED, ER_NEED_REPREPARE
  ['busy', CONTENTION, [1205, 3572, 1412, 1615]],
  // ER_CHECKREAD: the row has changed since it was read
  ['serialization', CONTENTION, [1020]],
  // ER_LOCK_DEADLOCK, ER_XA_RBDEADLOCK, ER_USER_LOCK_DEADLOCK
  ['deadlock', CONTENTION, [1213, 1614, 3058]],
  // ER_DUP_ENTRY, ER_DUP_KEY, ER_DUP_ENTRY_WITH_KEY_NAME, ER_FOREIGN_DUPLICATE_KEY_…
  ['unique', CONFLICT, [1062, 1022, 1586, 1557, 1761, 1762]],
  // ER_ROW_IS_REFERENCED(_2), ER_NO_REFERENCED_ROW(_2)
  ['foreign-key', CONFLICT, [1217, 1451, 1216, 1452]],
  // ER_BAD_NULL_ERROR, ER_NO_DEFAULT_FOR_FIELD
  ['not-null', VALIDATION, [1048, 1364]],
  // ER_CHECK_CONSTRAINT_VIOLATED (MySQL)
  ['check', VALIDATION, [3819]],
  // ER_SIGNAL_EXCEPTION: SIGNAL in a trigger or routine
  ['constraint', VALIDATION, [1644]],
  // ER_OPTION_PREVENTS_STATEMENT, ER_READ_ONLY_MODE, ER_OPEN_AS_READONLY
  ['read-only', BROKEN, [1290, 1836, 1036]],
  // ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION
  ['read-only-transaction', VALIDATION, [1792]],
  // ER_DISK_FULL, ER_RECORD_FILE_FULL
  ['disk-full', BROKEN, [1021, 1114]],
  // ER_ERROR_ON_READ, ER_ERROR_ON_WRITE, ER_GET_ERRNO, ER_CANT_OPEN_FILE
  ['io', AWAY, [1024, 1026, 1030, 1016]],
  // ER_NOT_KEYFILE, ER_OLD_KEYFILE, ER_CRASHED_ON_USAGE, ER_CRASHED_ON_REPAIR, ER_INDEX_CORRUPT
  ['corrupt', BROKEN, [1034, 1035, 1194, 1195, 1712]],
  // ER_OUTOFMEMORY, ER_OUT_OF_SORTMEMORY, ER_OUT_OF_RESOURCES, ER_LOCK_TABLE_FULL
  ['out-of-memory', { kind: 'transient' }, [1037, 1038, 1041, 1206]],
  // ER_NET_PACKET_TOO_LARGE, ER_TOO_BIG_ROWSIZE, ER_TOO_BIG_SELECT
  ['too-big', VALIDATION, [1153, 1118, 1104]],
  // ER_ACCESS_DENIED_ERROR, ER_HOST_NOT_PRIVILEGED, ER_ACCESS_DENIED_NO_PASSWORD_ERROR, ER_MUST_CHANGE_PASSWORD(_LOGIN),
  // ER_ACCOUNT_HAS_BEEN_LOCKED (MySQL)
  ['auth', AUTH, [1045, 1130, 1698, 1820, 1862, 3118]],
  // ER_DBACCESS_DENIED_ERROR, ER_TABLEACCESS_DENIED_ERROR, ER_COLUMNACCESS_DENIED_ERROR,
  // ER_SPECIFIC_ACCESS_DENIED_ERROR, ER_PROCACCESS_DENIED_ERROR
  ['permission', AUTH, [1044, 1142, 1143, 1227, 1370]],
  // ER_BAD_DB_ERROR, ER_NO_DB_ERROR
  ['no-database', CONFIGURATION, [1049, 1046]],
  // ER_NOT_SUPPORTED_AUTH_MODE, ER_PLUGIN_IS_NOT_LOADED, ER_SECURE_TRANSPORT_REQUIRED (MySQL)
  ['configuration', CONFIGURATION, [1251, 1524, 3159]],
  // ER_TRUNCATED_WRONG_VALUE(_FOR_FIELD), ER_INVALID_JSON_TEXT (MySQL), ER_WRONG_VALUE_FOR_TYPE
  ['data', VALIDATION, [1292, 1366, 3140, 1411]],
];

const MEANINGS: ReadonlyMap<number, CodeMeaning> = new Map(
  GROUPS.flatMap(([condition, classification, errnos, outcome]) =>
    errnos.map((errno): [number, CodeMeaning] => [
      errno,
      { condition, classification, ...(outcome && { outcome }) },
    ]),
  ),
);

/** What an error number means that MySQL and MariaDB share, or that only MySQL uses. */
export function meaningOfErrno(errno: number): CodeMeaning | undefined {
  return MEANINGS.get(errno);
}
