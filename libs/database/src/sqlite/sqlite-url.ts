/** The path of a database that lives in memory and ends with its connection. */
export const MEMORY = ':memory:';

/**
 * Reads the path out of a `sqlite:` URL: `sqlite:./data/app.sqlite`, `sqlite:/var/lib/app.sqlite`,
 * `sqlite:///var/lib/app.sqlite`, `sqlite::memory:`.
 * @returns `undefined` when it names no file
 */
export function parseSqliteUrl(url: string): string | undefined {
  const path = /^sqlite:(?:\/\/(?=\/))?(.+)$/i.exec(url)?.[1];
  if (path === undefined || path.startsWith('//') || path.endsWith('/')) return undefined;
  if (path.startsWith(':') && path !== MEMORY) return undefined;
  return path;
}
