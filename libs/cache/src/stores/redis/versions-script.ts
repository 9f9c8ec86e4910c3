import { CALL_WINDOW_MS } from '../../tiers/shared-store.js';

/** {@link CALL_WINDOW_MS} in microseconds. */
export const CALL_WINDOW_US = CALL_WINDOW_MS * 1_000;

/**
 * What the scripts have in common: the versions. A version is a time of Redis in microseconds, as text of 16 digits, which
 * is in order until the year 2286. Where the clock of Redis is set back, its time goes on from the last version, and is
 * ahead of the clock from then on: lives and the order of calls stay what they were. A count begins when there is none: it
 * is named by that time, and of what was before it nothing is known. What is no text under the name of an entry or a
 * record is none of ours, and is written over. KEYS: meta, clear.
 */
export const VERSIONS = `
local function digits(version) return string.format('%016.0f', version) end
local function textAt(command, key, ...)
  local found = redis.pcall(command, key, ...)
  if type(found) ~= 'table' then return found or '' end
  if string.find(found.err, 'WRONGTYPE', 1, true) then return '' end
  return redis.call(command, key, ...)
end
local function head(key) return textAt('GETRANGE', key, 0, 31) end
local function record(key) return tonumber(textAt('GET', key)) end
local time = redis.call('TIME')
local clock = time[1] * 1000000 + time[2]
local known = redis.call('HMGET', KEYS[1], 'last', 'ahead', 'id')
local last = tonumber(known[1]) or 0
local now = clock + (tonumber(known[2]) or 0)
if now < last then
  now = last
  redis.call('HSET', KEYS[1], 'ahead', digits(last - clock))
end
local function versionOf(at, window)
  if window > 0 and now - at <= window then return math.max(now, last + 1) end
  return math.min(now, at)
end
local function countedSince()
  if not known[3] then
    known[3] = digits(now)
    redis.call('HSET', KEYS[1], 'id', known[3])
  end
  return tonumber(known[3])
end
local function given(version)
  countedSince()
  if version > last then redis.call('HSET', KEYS[1], 'last', digits(version)) end
end
local function announce(channel, origin, what, names)
  local sequence = redis.call('HINCRBY', KEYS[1], 'sequence', 1)
  redis.call('PUBLISH', channel, cjson.encode({ sequence, origin, what, names }))
end
`;
