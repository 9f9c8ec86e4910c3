/** @typedef {{ id: number, name: string, email: string, roles: readonly string[] }} User */

/** Arguments of the loops go round in this range, and each has an entry. */
export const KEYS = Array.from({ length: 1_024 }, (_, id) => `user:${id}`);

/**
 * What is cached: the result of a small query.
 * @param {number} id
 * @returns {User}
 */
export function user(id) {
  return { id, name: `Name ${id}`, email: `${id}@example.com`, roles: ['reader', 'writer'] };
}

/**
 * @param {number} arg
 * @returns {string}
 */
export function keyOf(arg) {
  return KEYS[arg] ?? '';
}

/**
 * The loops sum up which entries came.
 * @param {Partial<User> | null | undefined} found
 */
export function idOf(found) {
  return found?.id ?? NaN;
}
