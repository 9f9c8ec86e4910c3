import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { figure } from '../support/figure.mjs';
import { RedisServer } from '../support/redis-server.mjs';

/** @typedef {import('./outage-caller.mjs').Outcome} Outcome */
/** @typedef {import('../support/effort.mjs').Effort} Effort */
/** @typedef {'killed' | 'frozen'} Outage */

const caller = fileURLToPath(new URL('outage-caller.mjs', import.meta.url));
const PEERS = ['cache-manager', 'bentocache'];

/**
 * What becomes of many calls while Redis is away: whether they settle, and what they leave on the heap.
 * @param {Effort} effort
 */
export async function outage({ samples: calls }) {
  const figures = [];
  for (const kind of /** @type {const} */ (['killed', 'frozen'])) {
    const ours = await outcomeOf('ours', kind, calls);
    for (const peer of PEERS) {
      figures.push(...figuresOf(kind, calls, ours, peer, await outcomeOf(peer, kind, calls)));
    }
  }
  return figures;
}

/**
 * @param {Outage} kind
 * @param {number} calls
 * @param {Outcome} ours
 * @param {string} peer
 * @param {Outcome} theirs
 */
function figuresOf(kind, calls, ours, peer, theirs) {
  /** @param {keyof Outcome} what */
  const of = (what) => ({ value: ours[what], peer: theirs[what] });
  const name = `${calls} calls while Redis is ${kind}, against ${peer}`;
  return [
    figure(`${name}: not settled`, of('pending'), { value: 0 }),
    figure(`… time until all settled, or 3 s after the last call; ${kind}, ${peer} [ms]`, of('ms')),
    figure(`… heap grown, ${kind}, ${peer} [MB]`, of('grownMb'), { value: 20 }),
    figure(`… heap at most, with garbage, ${kind}, ${peer} [MB]`, of('peakMb')),
  ];
}

/**
 * @param {string} name
 * @param {Outage} kind
 * @param {number} calls
 * @returns {Promise<Outcome>}
 */
async function outcomeOf(name, kind, calls) {
  const server = await RedisServer.start();
  const child = fork(caller, { execArgv: ['--expose-gc'] });
  const ended = once(child, 'exit').then(() => {
    throw new Error(`The process of ${name} ended while Redis was ${kind}.`);
  });
  ended.catch(() => undefined); // told to who waits for an answer
  const answer = () => Promise.race([once(child, 'message'), ended]);
  try {
    await answer();
    child.send({ name, port: server.port, calls });
    await answer();
    if (kind === 'killed') await server.kill();
    else server.freeze();
    child.send('outage');
    const [outcome] = await answer();
    return outcome;
  } finally {
    child.kill('SIGKILL');
    await server.kill();
  }
}
