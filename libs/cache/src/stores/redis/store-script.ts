import { createHash, randomUUID } from 'node:crypto';

/**
 * Stores an entry under what names the present of the cache (its epoch) and of each of its tags, and names them anew
 * where they have no name. KEYS: entry, epoch, tags…; ARGV: entry, life in ms or '', a name that nobody else gives.
 * A tag's name outlives every entry that carries it: without it they would be invalid.
 */
const SCRIPT = `
local epoch = redis.call('GET', KEYS[2])
if not epoch then
  epoch = ARGV[3]
  redis.call('SET', KEYS[2], epoch)
end
local versions = {}
local life = tonumber(ARGV[2])
for i = 3, #KEYS do
  local version = redis.call('GET', KEYS[i])
  if not version then
    version = ARGV[3]
    if life then redis.call('SET', KEYS[i], version, 'PX', life) else redis.call('SET', KEYS[i], version) end
  elseif not life then
    redis.call('PERSIST', KEYS[i])
  else
    local left = redis.call('PTTL', KEYS[i])
    if left >= 0 and left < life then redis.call('PEXPIRE', KEYS[i], life) end
  end
  versions[#versions + 1] = version
end
local text = epoch .. '\\n' .. table.concat(versions, ',') .. '\\n' .. ARGV[1]
if life then redis.call('SET', KEYS[1], text, 'PX', life) else redis.call('SET', KEYS[1], text) end
return 1`;
const SHA = createHash('sha1').update(SCRIPT).digest('hex');

/** What the script stores and where. */
export interface StoreArguments {
  /** The names of the entry, of the epoch, and of the entry's tags. */
  readonly names: readonly [entry: string, epoch: string, ...tags: string[]];
  readonly text: string;
  /** In whole milliseconds; `undefined` = for ever. */
  readonly lifeMs: number | undefined;
}

/** The command that stores an entry where the server knows the script; else it replies `NOSCRIPT`. */
export function storeCommand(what: StoreArguments): readonly string[] {
  return ['EVALSHA', SHA, ...argumentsOf(what)];
}

/** As {@link storeCommand}, with the script, which the server knows from then on. */
export function teachingStoreCommand(what: StoreArguments): readonly string[] {
  return ['EVAL', SCRIPT, ...argumentsOf(what)];
}

function argumentsOf({ names, text, lifeMs }: StoreArguments): readonly string[] {
  return [String(names.length), ...names, text, String(lifeMs ?? ''), randomUUID()];
}
