/** Transforms a 64-bit column: drivers give it as text where it could exceed a double. */
export const integerColumn = { from: Number, to: (value: number): number => value };
