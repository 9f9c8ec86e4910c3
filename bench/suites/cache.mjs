import { bytesPerEntry } from '../cache/bytes-per-entry.mjs';
import { hit } from '../cache/hit.mjs';
import { lockedMisses } from '../cache/locked-misses.mjs';
import { misses } from '../cache/misses.mjs';
import { outage } from '../cache/outage.mjs';
import { redisRead } from '../cache/redis-read.mjs';
import { Service } from '../cache/service.mjs';
import { RedisServer } from '../support/redis-server.mjs';

/**
 * What the cache costs and what it does in an outage, against lru-cache, cache-manager, bentocache and cacheable.
 * @param {import('../support/effort.mjs').Effort} effort
 */
export async function measure(effort) {
  const bytes = await bytesPerEntry(effort);
  const calls = await whileRedisServes(effort);
  return [...calls, ...bytes, ...(await outage(effort))];
}

/** @param {import('../support/effort.mjs').Effort} effort */
async function whileRedisServes(effort) {
  const server = await RedisServer.start();
  const { url } = server;
  const services = {
    memory: await Service.start({ url: 'memory:' }),
    tiered: await Service.start({ url }),
    forgetful: await Service.start({ url, maxEntries: 1 }),
  };
  try {
    return [
      ...(await hit(services, effort)),
      ...(await redisRead(services.forgetful, server, effort)),
      ...(await misses(services, effort)),
      ...(await lockedMisses(server, effort)),
    ];
  } finally {
    for (const service of Object.values(services)) await service.stop();
    await server.kill();
  }
}
