import { connect, type NetConnectOpts } from 'node:net';
import type { Clock } from 'nestjs-mainstay/common';
import type { PostgresClient } from './postgres-client.js';

/** Time for a request to cancel, in milliseconds; a server that is frozen takes none. */
const CANCEL_TIMEOUT_MS = 500;
/** The number that stands in the place of a protocol version (postgresql.org/docs/current/protocol-message-formats.html). */
const CANCEL_REQUEST_CODE = 80_877_102;
const MESSAGE_BYTES = 16;

/**
 * Asks the server to cancel what a connection is doing, on a connection of its own as the protocol wants it. Nobody
 * waits for it: the server does not answer, and the statement ends at its own deadline if the request gets lost.
 */
export function sendCancelRequest(
  clock: Clock,
  { cancelKey, isBusy, host, port }: PostgresClient,
): void {
  if (!cancelKey || !isBusy) return;
  const message = Buffer.alloc(MESSAGE_BYTES);
  message.writeInt32BE(MESSAGE_BYTES, 0);
  message.writeInt32BE(CANCEL_REQUEST_CODE, 4);
  message.writeInt32BE(cancelKey.processId, 8);
  message.writeInt32BE(cancelKey.secretKey, 12);
  const socket = connect(addressOf(host, port));
  const timer = clock.schedule(() => socket.destroy(), CANCEL_TIMEOUT_MS, { background: true });
  socket.on('error', () => undefined);
  socket.on('close', () => timer.cancel());
  socket.unref();
  socket.end(message);
}

/** A host that begins with a slash is a directory with a socket, as everywhere in PostgreSQL. */
function addressOf(host: string, port: number): NetConnectOpts {
  return host.startsWith('/') ? { path: `${host}/.s.PGSQL.${port}` } : { host, port };
}
