import { RedisScript } from './redis-script.js';
import type { RedisKeys } from './redis-keys.js';
import { CALL_WINDOW_US, VERSIONS } from './versions-script.js';

/**
 * Stores an entry unless something newer is there: an entry, a tombstone, an invalidation of one of its tags, a clear. A
 * tag without a record gets one that is as old as this entry, and which outlives it: without one, entries are invalid. So
 * does the clear, unless Redis has nothing at all of this cache. A load that began before Redis lost what it knew is refused:
 * it may have been invalidated by that. What a call has written and a tag has invalidated since has replaced what was there
 * before all the same: a tombstone takes its place.
 * KEYS: meta, clear, entry, tags…; ARGV: at, window, fresh for (µs), life (ms), age (µs), announcement, origin, channel,
 * life of a tombstone (ms), body; a time that is empty is for ever. The entry is 4 × 16 digits (version, fresh until, gone
 * at, created) and the body. Returns 1, or 0 when it was refused as older.
 */
const SCRIPT = new RedisScript(`${VERSIONS}
local version = versionOf(tonumber(ARGV[1]), tonumber(ARGV[2]))
local stored = head(KEYS[3])
local storedVersion = tonumber(string.sub(stored, 1, 16)) or 0
local clear = record(KEYS[2])
if storedVersion >= version or (clear and clear >= version) then return 0 end
local life = tonumber(ARGV[4])
local tags = {}
for i = 4, #KEYS do
  tags[i] = record(KEYS[i])
  if tags[i] and tags[i] >= version then
    if ARGV[6] == 'always' then
      redis.call('SET', KEYS[3], digits(version), 'PX', tonumber(ARGV[9]))
      given(version)
      announce(ARGV[8], ARGV[7], 'keys', { KEYS[3] })
    end
    return 0
  end
end
if ARGV[6] == 'replaced' and countedSince() > version then return 0 end
local function keep(key, text)
  if life then redis.call('SET', key, text, 'PX', life) else redis.call('SET', key, text) end
end
local function untilAfter(duration)
  if duration then return digits(now + duration) end
  return '9999999999999999'
end
local fresh = untilAfter(tonumber(ARGV[3]))
local gone = untilAfter(life and life * 1000)
local created = digits(now - tonumber(ARGV[5]))
keep(KEYS[3], digits(version) .. fresh .. gone .. created .. ARGV[10])
if not clear then redis.call('SET', KEYS[2], last == 0 and digits(0) or digits(version - 1)) end
for i = 4, #KEYS do
  local left = redis.call('PTTL', KEYS[i])
  if not tags[i] then keep(KEYS[i], digits(version - 1))
  elseif not life then redis.call('PERSIST', KEYS[i])
  elseif left >= 0 and left < life then redis.call('PEXPIRE', KEYS[i], life) end
end
given(version)
local isFreshReplaced = #stored == 32 and storedVersion > (clear or 0) and tonumber(string.sub(stored, 17)) > now
if ARGV[6] == 'always' or (ARGV[6] == 'replaced' and isFreshReplaced) then
  announce(ARGV[8], ARGV[7], 'keys', { KEYS[3] })
end
return 1`);

/** What to store. */
export interface StoreRequest {
  /** The name of the entry. */
  readonly entry: string;
  /** The names of its tags. */
  readonly tags: readonly string[];
  /** As of when it is right, as a time of Redis. */
  readonly at: number;
  /** Whether it is written by a call that is waiting, and so counts as of now unless it comes late. */
  readonly isCall: boolean;
  /** How long it is fresh, in microseconds; `Infinity` = for ever. */
  readonly freshUs: number;
  /** How long Redis keeps it, in whole milliseconds; `Infinity` = for ever. */
  readonly lifeMs: number;
  /** How old it is, in microseconds. */
  readonly ageUs: number;
  /** Whether other instances are told: of a load only when it has replaced what they may still serve. */
  readonly announce: 'always' | 'replaced' | 'never';
  readonly body: string;
  /** How long it is remembered that something was replaced, in milliseconds. */
  readonly recordLifeMs: number;
}

/** Names of a cache and of this process. */
export interface ScriptScope {
  readonly keys: RedisKeys;
  /** What tells the messages of this process from those of others. */
  readonly origin: string;
}

type Connection = Parameters<RedisScript['run']>[0];

/** Runs the script. @returns whether the entry is there now; `false`: something newer is */
export async function runStore(
  connection: Connection,
  { keys, origin }: ScriptScope,
  request: StoreRequest,
): Promise<boolean> {
  const { entry, tags, at, isCall, freshUs, lifeMs, ageUs, announce, body, recordLifeMs } = request;
  const names = [keys.meta, keys.clear, entry, ...tags];
  const times = [at, isCall ? CALL_WINDOW_US : 0, endless(freshUs), endless(lifeMs), ageUs];
  const args = [...times.map(String), announce, origin, keys.channel, String(recordLifeMs), body];
  return (await SCRIPT.run(connection, names, args)) === 1;
}

function endless(duration: number): number | '' {
  return duration === Infinity ? '' : duration;
}
