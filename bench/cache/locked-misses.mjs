import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { figure } from '../support/figure.mjs';

/** @typedef {import('../support/effort.mjs').Effort} Effort */
/** @typedef {import('../support/redis-server.mjs').RedisServer} RedisServer */

const caller = fileURLToPath(new URL('locked-caller.mjs', import.meta.url));
const PROCESSES = 4;

/**
 * How often factories are called when several processes miss the same key at the same time, with the lock and without.
 * @param {RedisServer} server
 * @param {Effort} effort
 */
export async function lockedMisses(server, { concurrent }) {
  const name = `${PROCESSES} × ${concurrent} concurrent misses of a key`;
  const [value, without] = [
    await callsOf(server, concurrent, true),
    await callsOf(server, concurrent, false),
  ];
  return [
    figure(
      `${name}, across ${PROCESSES} processes with the lock: calls of factories`,
      { value },
      { value: 1 },
    ),
    figure('… without the lock', { value: without }),
  ];
}

/**
 * @param {RedisServer} server
 * @param {number} waiters
 * @param {boolean} isLocked
 * @returns {Promise<number>}
 */
async function callsOf(server, waiters, isLocked) {
  const args = [server.url, String(isLocked)];
  const children = Array.from({ length: PROCESSES }, () => fork(caller, args));
  try {
    await Promise.all(children.map(answerOf));
    const answers = Promise.all(children.map(answerOf));
    for (const child of children) child.send({ key: `missing:${isLocked}`, waiters });
    return (await answers).reduce((sum, calls) => sum + calls, 0);
  } finally {
    for (const child of children) child.kill('SIGKILL');
  }
}

/**
 * @param {import('node:child_process').ChildProcess} child
 * @returns {Promise<any>}
 */
async function answerOf(child) {
  const ended = once(child, 'exit').then(() => {
    throw new Error('A process that misses keys has ended.');
  });
  ended.catch(() => undefined); // told to who waits for an answer
  const [answer] = await Promise.race([once(child, 'message'), ended]);
  return answer;
}
