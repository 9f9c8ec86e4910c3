import { once } from 'node:events';
import { connect } from 'node:net';

const ANSWER_TIMEOUT_MS = 1_000;

/** Whether a Redis on the loopback interface takes commands: it answers PING, or asks for a password. */
export async function pingRedis(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    socket.write('PING\r\n');
    const signal = AbortSignal.timeout(ANSWER_TIMEOUT_MS);
    const [answer] = (await once(socket, 'data', { signal })) as [Buffer];
    return /^(\+PONG|-NOAUTH)/.test(answer.toString());
  } catch {
    return false; // not yet
  } finally {
    socket.destroy();
  }
}
