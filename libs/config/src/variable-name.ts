/**
 * What the variables of a namespace, or of a named instance of it, begin with. The namespace `''` has no prefix: `PORT`.
 * @example
 * variablePrefix('cache', 'sessions') // 'CACHE_SESSIONS_'
 */
export function variablePrefix(namespace: string, instance: string | undefined): string {
  const parts = instance === undefined ? [namespace] : [namespace, instance];
  return parts.map((part) => (part === '' ? '' : `${upperSnake(part)}_`)).join('');
}

/**
 * The environment variable of a key.
 * @example
 * variableName('cache', 'sessions', 'maxEntries') // 'CACHE_SESSIONS_MAX_ENTRIES'
 */
export function variableName(namespace: string, instance: string | undefined, key: string): string {
  return variablePrefix(namespace, instance) + upperSnake(key);
}

function upperSnake(text: string): string {
  return text
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replace(/[^A-Za-z0-9]+/g, '_')
    .toUpperCase();
}
