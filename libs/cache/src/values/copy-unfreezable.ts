/**
 * Copies what JavaScript cannot freeze: Date, Map, Set and binary data.
 * @param copyItems copies the contents of a Map or a Set
 * @returns `undefined` for everything else
 */
export function copyUnfreezable(
  value: object,
  copyItems: (items: readonly unknown[]) => unknown[],
): object | undefined {
  if (value instanceof Date) return new Date(value.getTime());
  if (Buffer.isBuffer(value)) return Buffer.from(value);
  // Not structuredClone: it would copy the whole pool beneath a small view.
  if (ArrayBuffer.isView(value)) return copyView(value);
  if (value instanceof ArrayBuffer) return value.slice(0);
  if (value instanceof Set) return new Set(copyItems([...(value as ReadonlySet<unknown>)]));
  if (!(value instanceof Map)) return undefined;
  const map = value as ReadonlyMap<unknown, unknown>;
  const values = copyItems([...map.values()]);
  return new Map(copyItems([...map.keys()]).map((key, index) => [key, values[index]]));
}

function copyView(view: ArrayBufferView): object {
  if (!(view instanceof DataView)) return (view as Uint8Array).slice();
  return new DataView(view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength));
}
