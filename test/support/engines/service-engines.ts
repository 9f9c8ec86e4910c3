import { EmbeddedEngines } from './embedded-engines.js';
import { ServerEngines } from './server-engines.js';

/** The variables that choose the engines of a service. */
export type EngineVariables = Readonly<Partial<Record<'CACHE_URL' | 'DATABASE_URL', string>>>;

/** What the cache and the database of one service run on; the storage is on the local disk. */
export interface ServiceEngines {
  readonly env: EngineVariables;
  /** Ends what was started for the service; safe to call again. */
  dispose(): Promise<void>;
}

/**
 * Engines for one service, of the kind that TEST_ENGINES names: `embedded` (the default) or `servers`.
 *
 * @param given variables that the test sets itself: nothing is started for these
 * @throws for any other kind
 */
export function startEngines(
  dataDirectory: string,
  given: Readonly<Record<string, string | undefined>>,
): Promise<ServiceEngines> {
  const kind = process.env['TEST_ENGINES'] ?? 'embedded';
  switch (kind) {
    case 'embedded':
      return Promise.resolve(new EmbeddedEngines(dataDirectory));
    case 'servers':
      return ServerEngines.start(given);
    default:
      return Promise.reject(new Error(`TEST_ENGINES is ${kind}, not embedded or servers.`));
  }
}
