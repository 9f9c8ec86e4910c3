import { realpath } from 'node:fs/promises';
import { isAbsolute, join, relative, sep } from 'node:path';
import { StorageAccessDeniedError } from '../../errors/disk.errors.js';
import { RESERVED_PREFIX } from '../../keys/key-grammar.js';
import { LinkEncountered } from './containment.js';
import { isErrno } from './errno.js';

/** What happens to keys that lead through a symbolic link: refused, or followed as long as the root is not left. */
export type LinkPolicy = 'deny' | 'within-root';

/** How many times one way is resolved anew because links were swapped meanwhile. */
const MAX_HOPS = 8;

/**
 * Does `work` on the way of a key. With `within-root` a way that leads through links is resolved first, and the result
 * is walked without following any: a link that is swapped in between is met again, not followed.
 * @throws {@link StorageAccessDeniedError} for a link that is denied or leads out of the root
 */
export async function throughLinks<R>(
  root: string,
  policy: LinkPolicy,
  way: readonly string[],
  work: (way: readonly string[]) => Promise<R>,
): Promise<R> {
  let current = way;
  for (let hops = 0; ; hops++) {
    try {
      return await work(current);
    } catch (error) {
      if (!(error instanceof LinkEncountered)) throw error;
      if (policy === 'deny') throw linkRefused();
      if (hops === MAX_HOPS) throw refused('its symbolic links do not stand still');
    }
    current = await resolve(root, current);
  }
}

async function resolve(root: string, way: readonly string[]): Promise<readonly string[]> {
  const [realRoot, real] = await Promise.all([realpath(root), realpathOfExisting(root, way)]);
  const resolved = relative(realRoot, real);
  const segments = resolved.split(sep);
  const isOutside = isAbsolute(resolved) || segments[0] === '..' || resolved === '';
  if (isOutside || segments[0] === RESERVED_PREFIX) {
    throw refused('a symbolic link leads out of the root');
  }
  return segments;
}

/** The real path of the part of the way that exists, with the rest as it is. */
async function realpathOfExisting(root: string, way: readonly string[]): Promise<string> {
  try {
    return await realpath([root, ...way].join('/'));
  } catch (error) {
    if (!isErrno(error, 'ENOENT') || way.length === 0) throw error;
    return join(await realpathOfExisting(root, way.slice(0, -1)), way.at(-1) ?? '');
  }
}

/** The error for a key that leads through a link that is not followed. */
export function linkRefused(): StorageAccessDeniedError {
  return refused('the key leads through a symbolic link, which is not followed (option links)');
}

function refused(reason: string): StorageAccessDeniedError {
  return new StorageAccessDeniedError({}, reason);
}
