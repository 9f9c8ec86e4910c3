import { CacheConfigError } from '../../../cache.errors.js';
import { parseRedisAddress, type RedisAddress } from '../redis-address.js';

const DEFAULT_PORT = 26_379;
/** Scheme, login, hosts, path and query; a list of hosts is no URL to WHATWG. */
const FORM = /^(rediss?)-sentinel:\/\/(?:([^/?#]*)@)?([^/?#@]+)(\/[^?#]*)?(?:\?([^#]*))?$/;
const WRITE =
  'Write redis-sentinel://[user:password@]host[:port][,host[:port]…][/database]?name=master, with "/", "?", "#", "@" and "&" in a password as %2F, %3F, %23, %40 and %26.';

/** A Redis whose master sentinels tell. */
export interface SentinelAddress {
  /** What the sentinels call the master. */
  readonly master: string;
  /** Where the sentinels are and how to log in to them; in the order in which they are asked. */
  readonly sentinels: readonly RedisAddress[];
  /** How to log in to the master. */
  readonly login: Omit<RedisAddress, 'host' | 'port'>;
}

/** Whether a URL names sentinels rather than a Redis. */
export function isSentinelUrl(url: string): boolean {
  return /^rediss?-sentinel:/.test(url);
}

/**
 * Reads `redis-sentinel://[user:password@]host[:port][,…][/database]?name=master`, with `sentinelUsername` and
 * `sentinelPassword` in the query where the sentinels want a login of their own; `rediss-sentinel://` for TLS, to the
 * sentinels as to the master.
 * @throws CacheConfigError; the URL is not in it, as it may hold passwords
 */
export function parseSentinelAddress(url: string, cache: string): SentinelAddress {
  const [, scheme, user, hosts, path = '', query = ''] = FORM.exec(url) ?? [];
  if (scheme === undefined || hosts === undefined) {
    throw new CacheConfigError(cache, `its URL cannot be read. ${WRITE}`);
  }
  const { name, sentinelUsername, sentinelPassword } = parametersOf(query, cache);
  if (!name) {
    throw new CacheConfigError(cache, `its URL does not say which master: add ?name=mymaster.`);
  }
  const login = user === undefined ? '' : `${user}@`;
  const {
    host: _host,
    port: _port,
    ...master
  } = parseRedisAddress(`${scheme}://${login}master${path}`, cache);
  const sentinels = hosts.split(',').map((host) => ({
    ...parseRedisAddress(`${scheme}://${withPort(host)}`, cache),
    ...(sentinelUsername && { username: sentinelUsername }),
    ...(sentinelPassword && { password: sentinelPassword }),
  }));
  return { master: name, sentinels, login: master };
}

type Parameters = Partial<Record<'name' | 'sentinelUsername' | 'sentinelPassword', string>>;

/** A "+" stays what it is, as in the rest of a URL: passwords are not made by forms. */
function parametersOf(query: string, cache: string): Parameters {
  const parameters: Record<string, string> = {};
  for (const part of query === '' ? [] : query.split('&')) {
    const [, name, value] = /^(name|sentinelUsername|sentinelPassword)=([^=]*)$/.exec(part) ?? [];
    if (name === undefined || value === undefined || name in parameters) {
      throw new CacheConfigError(
        cache,
        'after "?" its URL takes name, sentinelUsername and sentinelPassword, each once; write "&" and "=" in them as %26 and %3D.',
      );
    }
    parameters[name] = decode(value, cache);
  }
  return parameters;
}

function decode(text: string, cache: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new CacheConfigError(
      cache,
      'what stands after "?" in its URL holds a "%" that begins no escape; write it as %25.',
    );
  }
}

function withPort(host: string): string {
  return /:\d+$/.test(host) ? host : `${host}:${DEFAULT_PORT}`;
}
