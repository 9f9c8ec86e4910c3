import { createClient } from 'redis';
import { compare } from '../support/compare.mjs';
import { compareInTurn } from '../support/compare-in-turn.mjs';
import { figure } from '../support/figure.mjs';
import { loop } from '../support/loop.mjs';
import { bentocache, cacheManager } from './peers.mjs';
import { idOf, keyOf, KEYS, user } from './values.mjs';

/** @typedef {import('./service.mjs').Service} Service */
/** @typedef {import('../support/redis-server.mjs').RedisServer} RedisServer */
/** @typedef {import('../support/effort.mjs').Effort} Effort */
/** @typedef {'ours' | 'raw' | 'cacheManager' | 'bentocache'} Name */
/** @typedef {Readonly<Record<Name, { read: (arg: number) => any, argOf: (result: any, arg: number) => number }>>} Readings */

/** What the peers are called. */
const TITLES = { raw: 'node-redis', cacheManager: 'cache-manager', bentocache: 'bentocache' };

/**
 * What a read takes that Redis has to answer, against node-redis alone, which gives the text as it is.
 * @param {Service} service one that keeps a single entry in memory: the next read is of another
 * @param {RedisServer} server
 * @param {Effort} effort
 */
export async function redisRead({ cache }, server, effort) {
  const raw = createClient({ url: server.url });
  await raw.connect();
  const peers = { cacheManager: cacheManager(server.url), bentocache: bentocache(server.port) };
  for (const [id, key] of KEYS.entries()) {
    await raw.set(`raw:${key}`, JSON.stringify(user(id)));
    for (const candidate of [cache, ...Object.values(peers)]) await candidate.set(key, user(id));
  }
  /** @type {Readings} */
  const readings = {
    ours: { read: (arg) => cache.get(keyOf(arg)), argOf: idOf },
    raw: { read: (arg) => raw.get(`raw:${keyOf(arg)}`), argOf: (text, arg) => text && arg },
    cacheManager: { read: (arg) => peers.cacheManager.get(keyOf(arg)), argOf: idOf },
    bentocache: { read: (arg) => peers.bentocache.get(keyOf(arg)), argOf: idOf },
  };
  await expectReads(raw, readings);
  try {
    return [...(await oneByOne(readings, effort)), ...(await together(readings, effort))];
  } finally {
    raw.destroy();
    for (const peer of Object.values(peers)) await peer.stop();
  }
}

/**
 * Against each of the others apart, so that nobody has to clear away what a third has left.
 * @param {Readings} readings
 * @param {Effort} effort
 */
async function oneByOne(readings, effort) {
  const { ours, ...peers } = await loopsOf('reads', readings);
  const figures = [];
  for (const name of /** @type {(keyof typeof peers)[]} */ (Object.keys(peers))) {
    const samples = await compareInTurn({ ours, peer: peers[name] }, effort);
    figures.push(figureOf('1 in flight', name, samples.against('ours', 'peer'), 1.15));
  }
  return figures;
}

/**
 * @param {Readings} readings
 * @param {Effort} effort
 */
async function together(readings, effort) {
  const { ours, ...peers } = await loopsOf('readsTogether', readings);
  const samples = await compare({ ours, ...peers }, effort);
  return /** @type {(keyof typeof peers)[]} */ (Object.keys(peers)).map((name) =>
    figureOf('100 in flight', name, samples.against('ours', name), 1.5),
  );
}

/**
 * @param {string} how
 * @param {Exclude<Name, 'ours'>} peer
 * @param {import('../support/figure.mjs').Measured} measured
 * @param {number} ratio what the figure is to reach against node-redis alone
 */
function figureOf(how, peer, measured, ratio) {
  const name = `get from Redis, ${how}, against ${TITLES[peer]} [ns]`;
  return figure(name, measured, peer === 'raw' ? { ratio } : undefined);
}

/**
 * @param {'reads' | 'readsTogether'} kind
 * @param {Readings} readings
 */
async function loopsOf(kind, readings) {
  return {
    ours: await loop(kind, readings.ours),
    raw: await loop(kind, readings.raw),
    cacheManager: await loop(kind, readings.cacheManager),
    bentocache: await loop(kind, readings.bentocache),
  };
}

/**
 * A figure of reads that a memory answered would say nothing.
 * @param {{ info: (section: string) => Promise<string> }} raw
 * @param {Readings} readings
 */
async function expectReads(raw, readings) {
  for (const [name, { read }] of Object.entries(readings)) {
    const before = await found(raw);
    for (const arg of KEYS.keys()) await read(arg);
    if ((await found(raw)) - before < KEYS.length) throw new Error(`${name} did not ask Redis.`);
  }
}

/** @param {{ info: (section: string) => Promise<string> }} raw */
async function found(raw) {
  return Number(/keyspace_hits:(\d+)/.exec(await raw.info('stats'))?.[1]);
}
