declare const VALUE: unique symbol;

/** A key that knows the type of its values; made by `defineKey`, at run time a plain string. */
export type CacheKey<Value> = string & { readonly [VALUE]?: (value: Value) => Value };
