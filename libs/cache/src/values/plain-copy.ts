import { UncacheableValueError } from '../cache.errors.js';
import { copyUnfreezable } from './copy-unfreezable.js';

/** Deeper values are refused: they would overflow the stack, here or in a codec. */
const MAX_DEPTH = 500;

const REFUSED: readonly (readonly [new (...args: never[]) => object, string])[] = [
  [Promise, 'a Promise (await it first)'],
  [RegExp, 'a RegExp'],
  [WeakMap, 'a WeakMap'],
  [WeakSet, 'a WeakSet'],
  [WeakRef, 'a WeakRef'],
];

/** Copies one value as plain data, deeply, and freezes what can be frozen. */
export class PlainCopy {
  /** Whether everything copied so far could be frozen. */
  isFrozen = true;
  /** Where in the value the copying is, for errors. */
  readonly #path = ['value'];
  readonly #ancestors = new Set<object>();

  /** @throws UncacheableValueError */
  of(value: unknown): unknown {
    if (typeof value === 'function' || typeof value === 'symbol') this.#refuse(`a ${typeof value}`);
    if (typeof value !== 'object' || value === null) return value;
    if (this.#ancestors.has(value)) this.#refuse('a circular reference');
    if (this.#ancestors.size >= MAX_DEPTH) this.#refuse(`nested deeper than ${MAX_DEPTH} levels`);
    this.#ancestors.add(value);
    const copy = this.#ofObject(value);
    this.#ancestors.delete(value);
    return copy;
  }

  #ofObject(value: object): unknown {
    if (Array.isArray(value)) return Object.freeze(this.#ofItems(value));
    const prototype: unknown = Object.getPrototypeOf(value);
    if (prototype === Object.prototype || prototype === null) return this.#ofFields(value);
    const copy = copyUnfreezable(value, (items) => this.#ofItems(items));
    if (copy === undefined) return this.#ofInstance(value);
    this.isFrozen = false;
    return copy;
  }

  #ofItems(items: readonly unknown[]): unknown[] {
    const copy: unknown[] = [];
    for (let index = 0; index < items.length; index++) {
      copy.push(this.#ofPart(`[${index}]`, items[index]));
    }
    return copy;
  }

  /** Own enumerable fields; methods kept as fields are left out, as they are no data. */
  #ofFields(value: object): unknown {
    const copy: Record<string, unknown> = {};
    for (const [name, field] of Object.entries(value) as [string, unknown][]) {
      if (typeof field === 'function' || typeof field === 'symbol') continue;
      define(copy, name, this.#ofPart(`.${name}`, field));
    }
    return Object.freeze(copy);
  }

  #ofInstance(value: object): unknown {
    for (const [refused, name] of REFUSED) if (value instanceof refused) this.#refuse(name);
    const { toJSON } = value as { toJSON?: unknown };
    if (typeof toJSON === 'function') return this.of(toJSON.call(value, ''));
    if (!(value instanceof Error)) return this.#ofFields(value);
    const { name, message } = value;
    return this.#ofFields(Object.assign({}, value, { name, message }));
  }

  #ofPart(step: string, value: unknown): unknown {
    if (typeof value !== 'object' && typeof value !== 'function' && typeof value !== 'symbol') {
      return value;
    }
    this.#path.push(step);
    const copy = this.of(value);
    this.#path.pop();
    return copy;
  }

  #refuse(found: string): never {
    throw new UncacheableValueError(this.#path.slice(0, 20).join(''), found);
  }
}

/** A field named `__proto__` stays a field: assigning it would set the prototype. */
function define(target: Record<string, unknown>, name: string, value: unknown): void {
  if (name !== '__proto__') target[name] = value;
  else Object.defineProperty(target, name, { value, enumerable: true });
}
