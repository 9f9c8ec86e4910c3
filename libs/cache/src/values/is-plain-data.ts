import { types } from 'node:util';

/**
 * Whether a value is plain data through and through: no instances of classes, which would lose theirs in the cache, and
 * no functions. Date, Map, Set and binary data are plain.
 */
export function isPlainData(value: unknown): boolean {
  const seen = new Set<object>();
  const waiting: unknown[] = [value];
  while (waiting.length > 0) {
    const next = waiting.pop();
    if (typeof next === 'function' || typeof next === 'symbol') return false;
    if (typeof next !== 'object' || next === null || seen.has(next)) continue;
    seen.add(next);
    const parts = partsOf(next);
    if (parts === undefined) return false;
    for (const part of parts) waiting.push(part);
  }
  return true;
}

/** What a container holds; `undefined` for an instance of a class. */
function partsOf(value: object): readonly unknown[] | undefined {
  if (Array.isArray(value)) return value as unknown[];
  if (types.isMap(value)) return [...value].flat();
  if (types.isSet(value)) return [...value];
  if (types.isDate(value) || types.isAnyArrayBuffer(value) || ArrayBuffer.isView(value)) return [];
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null ? Object.values(value) : undefined;
}
