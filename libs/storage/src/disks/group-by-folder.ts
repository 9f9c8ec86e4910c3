import type { ObjectKey } from '../keys/object-key.js';

/** Groups keys by the folder that they lie in, in the order in which the folders come first. */
export function groupByFolder(keys: readonly ObjectKey[]): readonly (readonly ObjectKey[])[] {
  const groups = new Map<string, ObjectKey[]>();
  for (const key of keys) {
    const folder = key.segments.slice(0, -1).join('/');
    const group = groups.get(folder);
    if (group) group.push(key);
    else groups.set(folder, [key]);
  }
  return [...groups.values()];
}
