/** Bytes that V8 takes for an object, an array, a Map or a text beside what it holds. */
const HEADER = 24;
/** Bytes of a number, of a reference, or of anything else that fits into one word. */
const WORD = 8;
/** A field of an entry in a Map or a Set: key, value and the chain of the hash table. */
const MAP_ENTRY = 4 * WORD;

const BEYOND_ONE_BYTE = /[\u0100-\u{10ffff}]/u;

/**
 * How many bytes a value takes in the memory of the process, as an estimate: texts 1 byte a character, or 2 if one of
 * them is none of Latin 1; numbers and references 8; 24 for each object, array and text beside that. It costs a look at
 * all of the value.
 */
export function sizeOf(value: unknown): number {
  if (typeof value === 'string') return sizeOfText(value);
  if (typeof value === 'bigint') return HEADER + Math.ceil(value.toString(16).length / 2);
  if (typeof value !== 'object' || value === null) return WORD;
  if (value instanceof Date) return HEADER + 2 * WORD;
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer)
    return 4 * HEADER + value.byteLength;
  if (Array.isArray(value)) return HEADER + sizeOfItems(value);
  if (value instanceof Set) return HEADER + value.size * MAP_ENTRY + sizeOfItems([...value]);
  if (value instanceof Map) {
    return HEADER + value.size * MAP_ENTRY + sizeOfItems([...value.keys(), ...value.values()]);
  }
  return HEADER + sizeOfItems(Object.values(value));
}

function sizeOfText(text: string): number {
  return HEADER + text.length * (BEYOND_ONE_BYTE.test(text) ? 2 : 1);
}

/** A word for each, and what the word refers to. */
function sizeOfItems(items: readonly unknown[]): number {
  let bytes = items.length * WORD;
  for (const item of items) {
    if (typeof item === 'string' || typeof item === 'bigint' || typeof item === 'object') {
      if (item !== null) bytes += sizeOf(item);
    }
  }
  return bytes;
}
