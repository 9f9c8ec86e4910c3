import { MissingPeerError } from './missing-peer.error.js';

/**
 * Loads an optional peer dependency when it is needed.
 * @param specifier the package's name
 * @param neededBy what needs it, for the error message: `'CACHE_URL=redis://…'`
 * @throws {@link MissingPeerError} with the install command when the package is not installed
 * @example
 * const { createClient } = await importPeer<typeof import('redis')>('redis', 'CACHE_URL=redis://…');
 */
export function importPeer<T>(specifier: string, neededBy: string): Promise<T> {
  return explainMissingPeer(async () => (await import(specifier)) as T, neededBy);
}

/**
 * Runs an `import()` and explains it when a package is missing.
 * @param together packages that the same feature needs, so that one command installs them all
 * @throws {@link MissingPeerError} with the install command when a package that is imported is not installed
 * @example
 * const { DatabaseModule } = await explainMissingPeer(() => import('nestjs-mainstay/database'), 'The database');
 */
export async function explainMissingPeer<T>(
  load: () => Promise<T>,
  neededBy: string,
  together?: readonly string[],
): Promise<T> {
  try {
    return await load();
  } catch (error) {
    const packageName = missingPackage(error);
    if (packageName === undefined) throw error;
    throw new MissingPeerError(packageName, neededBy, together);
  }
}

/** How Node says that a package, or a subpath of it, is missing; and Vite (under vitest) of an optional peer. */
const MISSING =
  /(?:Cannot find (?:package|module) '|Could not resolve ")((?:@[^/'"]+\/)?[^./'"][^/'"]*)(?:\/[^'"]*)?['"]/;

function missingPackage(error: unknown): string | undefined {
  return error instanceof Error ? MISSING.exec(error.message)?.[1] : undefined;
}
