import { CacheConfigError } from '../../cache.errors.js';

const DEFAULT_PORT = 6_379;

/** Where a Redis is and how to log in. */
export interface RedisAddress {
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
  readonly username?: string;
  readonly password?: string;
  readonly database: number;
}

/**
 * Reads `redis://[user[:password]@]host[:port][/database]`, or `rediss://` for TLS.
 * @throws CacheConfigError; the URL is not in it, as it may hold a password
 */
export function parseRedisAddress(url: string, cache: string): RedisAddress {
  const { protocol, hostname, port, username, password, pathname, search, hash } = parse(
    url,
    cache,
  );
  if (hostname === '') throw new CacheConfigError(cache, 'its URL names no host.');
  if (search !== '' || hash !== '') {
    throw new CacheConfigError(
      cache,
      'its URL takes nothing after the database; write "?" and "#" in a password as %3F and %23.',
    );
  }
  return {
    // An IPv6 address stands in brackets only in a URL.
    host: hostname.replace(/^\[(.*)\]$/, '$1'),
    port: port === '' ? DEFAULT_PORT : Number(port),
    tls: protocol === 'rediss:',
    database: databaseOf(pathname, cache),
    ...(username !== '' && { username: decode(username, cache) }),
    ...(password !== '' && { password: decode(password, cache) }),
  };
}

function parse(url: string, cache: string): URL {
  try {
    return new URL(url);
  } catch {
    throw new CacheConfigError(
      cache,
      'its URL cannot be read. Write redis://[user:password@]host[:port][/database], with "/", "?", "#" and "@" in a password as %2F, %3F, %23 and %40.',
    );
  }
}

function databaseOf(path: string, cache: string): number {
  if (path === '' || path === '/') return 0;
  if (!/^\/\d{1,9}$/.test(path)) {
    throw new CacheConfigError(cache, 'the database in its URL must be a number: redis://host/0.');
  }
  return Number(path.slice(1));
}

function decode(text: string, cache: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new CacheConfigError(
      cache,
      'the user or the password in its URL holds a "%" that begins no escape; write it as %25.',
    );
  }
}
