import type { RedisConnection } from './redis-connection.js';
import { RedisScript } from './redis-script.js';
import type { ScriptScope } from './store-script.js';
import { CALL_WINDOW_US, VERSIONS } from './versions-script.js';

/**
 * Invalidates keys (by tombstones, which older entries do not overwrite), lets them expire, or raises the records of
 * tags or of the clear; nothing is undone that is newer. An entry that expires keeps its version as the time until which
 * it was fresh: by that it is judged whether it was cleared or invalidated by a tag. KEYS: meta, clear, names…; ARGV:
 * what, window, origin, channel, life of tombstones and records (ms), at…
 */
const BODY = `${VERSIONS}
local what, window, life = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[5])
local newest = 0
local function raise(key, version)
  local left = redis.call('PTTL', key)
  if left == -1 then redis.call('SET', key, digits(version))
  else redis.call('SET', key, digits(version), 'PX', math.max(left, life)) end
end
local function invalidate(key, version)
  local stored = head(key)
  local current = tonumber(string.sub(stored, 1, 16)) or 0
  if current >= version then return end
  if what == 'tags' then raise(key, version)
  elseif what == 'expired' and #stored == 32 then
    redis.call('SETRANGE', key, 0, digits(version) .. digits(math.min(current, tonumber(string.sub(stored, 17)) or 0)))
  else redis.call('SET', key, digits(version), 'PX', life) end
end
if what == 'everything' then
  newest = versionOf(tonumber(ARGV[6]), window)
  if newest > (record(KEYS[2]) or 0) then redis.call('SET', KEYS[2], digits(newest)) end
end
for i = 3, #KEYS do
  local version = versionOf(tonumber(ARGV[i + 3]), window)
  newest = math.max(newest, version)
  invalidate(KEYS[i], version)
end
given(newest)
local names = {}
for i = 3, #KEYS do names[i - 2] = KEYS[i] end
announce(ARGV[4], ARGV[3], what, names)
return 1`;

/** A full Redis must not keep what was deleted; from Redis 7 on a script can say that it may run all the same. */
const SCRIPT = new RedisScript(`#!lua flags=allow-oom\n${BODY}`);
const SCRIPT_BEFORE_7 = new RedisScript(BODY);

/** What to invalidate. */
export interface InvalidateRequest {
  readonly what: 'keys' | 'expired' | 'tags' | 'everything';
  /** The names of entries or tags. */
  readonly names: readonly string[];
  /** As of when, as times of Redis: for each name, or one for everything. */
  readonly at: readonly number[];
  /** Whether a call is waiting, so that it counts as of now unless it comes late. */
  readonly isCall: boolean;
  /** How long tombstones and records stay at least, in milliseconds. */
  readonly recordLifeMs: number;
}

/** Runs the script. */
export async function runInvalidate(
  connection: RedisConnection,
  { keys, origin }: ScriptScope,
  { what, names, at, isCall, recordLifeMs }: InvalidateRequest,
): Promise<void> {
  const window = isCall ? CALL_WINDOW_US : 0;
  const args = [what, window, origin, keys.channel, recordLifeMs, ...at].map(String);
  const script = connection.takesScriptFlags ? SCRIPT : SCRIPT_BEFORE_7;
  await script.run(connection, [keys.meta, keys.clear, ...names], args);
}
