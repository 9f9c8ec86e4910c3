import type { CacheCodec } from './cache-codec.js';

/** Property that marks what JSON has no form for. */
const TAG = '$';
/** How a marked value begins in JSON text; inside a string its quotes would be escaped. */
const TAG_TEXT = '{"$":';

type Tagged = readonly [type: string, value?: unknown];

const TYPED_ARRAYS = [
  Int8Array,
  Uint8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
  BigUint64Array,
] as const;
const TYPED_ARRAY_BY_NAME = new Map(TYPED_ARRAYS.map((type) => [type.name, type]));

/**
 * The codec where no other is given: plain data, as the cache keeps it, as JSON. What JSON has no form for (undefined,
 * BigInt, NaN, Date, Map, Set, binary data …) stands as `{"$":[type, value]}`.
 */
export const taggedJson: CacheCodec = {
  encode: (value) => JSON.stringify(toJson(value)),
  decode: (text) => {
    const json: unknown = JSON.parse(text);
    return text.includes(TAG_TEXT) ? fromJson(json) : json;
  },
};

function toJson(value: unknown): unknown {
  switch (typeof value) {
    case 'undefined':
      return tagged('undefined');
    case 'bigint':
      return tagged('bigint', value.toString());
    case 'number':
      return Number.isFinite(value) && !Object.is(value, -0)
        ? value
        : tagged('number', numberText(value));
    case 'object':
      return value === null ? null : objectToJson(value);
    default:
      return value;
  }
}

function objectToJson(value: object): unknown {
  if (Array.isArray(value)) return value.map(toJson);
  if (value instanceof Date) return tagged('date', value.getTime());
  if (value instanceof Map) {
    const entries = [...(value as ReadonlyMap<unknown, unknown>)];
    return tagged('map', entries.map(toJson));
  }
  if (value instanceof Set) return tagged('set', [...(value as ReadonlySet<unknown>)].map(toJson));
  return binaryToJson(value) ?? fieldsToJson(value);
}

function binaryToJson(value: object): unknown {
  if (value instanceof ArrayBuffer) return tagged('ArrayBuffer', base64(value));
  if (!ArrayBuffer.isView(value)) return undefined;
  const type = Buffer.isBuffer(value) ? 'Buffer' : value.constructor.name;
  return tagged(type, base64(value.buffer, value.byteOffset, value.byteLength));
}

/** A field that is named like the mark would be taken for it: such objects stand as their entries. */
function fieldsToJson(value: object): unknown {
  const entries = Object.entries(value).map(([name, field]) => [name, toJson(field)] as const);
  return Object.hasOwn(value, TAG) ? tagged('object', entries) : fromEntries(entries);
}

function fromJson(json: unknown): unknown {
  if (typeof json !== 'object' || json === null) return json;
  if (Array.isArray(json)) return json.map(fromJson);
  if (Object.hasOwn(json, TAG)) return fromTagged((json as { $: Tagged }).$);
  return fromEntries(Object.entries(json).map(([name, field]) => [name, fromJson(field)] as const));
}

function fromTagged([type, value]: Tagged): unknown {
  switch (type) {
    case 'undefined':
      return undefined;
    case 'bigint':
      return BigInt(value as string);
    case 'number':
      return Number(value);
    case 'date':
      return new Date(value === null ? NaN : (value as number));
    case 'map':
      return new Map(fromJson(value) as [unknown, unknown][]);
    case 'set':
      return new Set(fromJson(value) as unknown[]);
    case 'object':
      return fromEntries(fromJson(value) as [string, unknown][]);
    default:
      return binaryFrom(type, Buffer.from(value as string, 'base64'));
  }
}

function binaryFrom(type: string, bytes: Buffer): unknown {
  if (type === 'Buffer') return bytes;
  // A copy of its own: small buffers share a pool, in which they do not begin where other types must.
  const { buffer } = new Uint8Array(bytes);
  if (type === 'ArrayBuffer') return buffer;
  if (type === 'DataView') return new DataView(buffer);
  const TypedArray = TYPED_ARRAY_BY_NAME.get(type);
  if (TypedArray === undefined) throw new TypeError('It is of a type that is not known.');
  return new TypedArray(buffer);
}

function tagged(...content: Tagged): { readonly [TAG]: Tagged } {
  return { [TAG]: content };
}

/** Not by assignment, which would take a field `__proto__` for the prototype. */
function fromEntries(entries: readonly (readonly [string, unknown])[]): object {
  return Object.fromEntries(entries);
}

function numberText(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value);
}

function base64(buffer: ArrayBufferLike, offset = 0, length = buffer.byteLength): string {
  return Buffer.from(buffer, offset, length).toString('base64');
}
