import { StorageInvalidKeyError } from '../errors/caller.errors.js';
import { RESERVED_PREFIX, segmentFault, textFault } from './key-grammar.js';

/**
 * The key of an object, checked: the only thing that disks join to a path. One grammar for all disks; what breaks it is
 * refused, never rewritten. Letters of any script, spaces and dotfiles are fine.
 */
export class ObjectKey {
  readonly value: string;
  readonly segments: readonly string[];

  private constructor(value: string, segments: readonly string[]) {
    this.value = value;
    this.segments = segments;
  }

  /**
   * Checks a key.
   * @throws {@link StorageInvalidKeyError} with the reason
   */
  static parse(key: string): ObjectKey {
    if (typeof key !== 'string') throw new StorageInvalidKeyError('is no string');
    const segments = key.split('/');
    const fault = textFault(key) ?? firstFault(segments);
    if (fault !== undefined) throw new StorageInvalidKeyError(fault, { key });
    return new ObjectKey(key, segments);
  }

  /** A key of the disk's own, which no user can name and no listing shows. */
  static system(name: string): ObjectKey {
    return new ObjectKey(`${RESERVED_PREFIX}/${name}`, [RESERVED_PREFIX, ...name.split('/')]);
  }
}

/** Whether a name that was found on a disk can be a segment of a key. */
export function isKeySegment(name: string): boolean {
  return textFault(name) === undefined && segmentFault(name) === undefined;
}

/** What is wrong with the first bad one of several segments. */
export function firstFault(segments: readonly string[]): string | undefined {
  for (const segment of segments) {
    const fault = segmentFault(segment);
    if (fault !== undefined) return fault;
  }
  return undefined;
}
