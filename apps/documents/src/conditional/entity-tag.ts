import { createHash } from 'node:crypto';

/** An entity tag as RFC 9110 (8.8.3) spells it, quotes included: `"…"`, or `W/"…"` for a weak one. */
export type EntityTag = string;

const LIST_ELEMENT = /[ \t]*(?:((?:W\/)?"[\x21\x23-\x7e\x80-\xff]*")[ \t]*)?(?:,|$)/y;

/** The strong entity tag of exactly these bytes. */
export function entityTagOf(representation: string): EntityTag {
  return `"${createHash('sha256').update(representation).digest('base64url')}"`;
}

/**
 * Reads the list of an `If-Match` or `If-None-Match`; elements may be empty and tags may hold commas.
 * @returns `undefined` when it is no list of entity tags
 */
export function parseEntityTags(list: string): readonly EntityTag[] | undefined {
  const tags: EntityTag[] = [];
  for (LIST_ELEMENT.lastIndex = 0; LIST_ELEMENT.lastIndex < list.length;) {
    const element = LIST_ELEMENT.exec(list);
    if (!element) return undefined;
    if (element[1] !== undefined) tags.push(element[1]);
  }
  return tags;
}

/** Strong comparison: byte for byte the same, so that parts of both may be put together. */
export function isSameStrongly(one: EntityTag, other: EntityTag): boolean {
  return one === other && !one.startsWith('W/');
}

/** Weak comparison: one may stand for the other. */
export function isSameWeakly(one: EntityTag, other: EntityTag): boolean {
  return one.replace(/^W\//, '') === other.replace(/^W\//, '');
}
