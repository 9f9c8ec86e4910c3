import { StorageInvalidKeyError } from '../errors/caller.errors.js';
import { RESERVED_PREFIX, textFault } from './key-grammar.js';
import { firstFault } from './object-key.js';

/** The beginning of keys, checked: folders, and the beginning of a name in the last of them. */
export class KeyPrefix {
  readonly value: string;
  /** The folders that all keys with this prefix lie in. */
  readonly folders: readonly string[];
  /** What names in the last folder begin with; may be empty. */
  readonly partial: string;

  private constructor(value: string, folders: readonly string[], partial: string) {
    this.value = value;
    this.folders = folders;
    this.partial = partial;
  }

  /**
   * Checks a prefix: `''` (everything), `'reports/'`, `'reports/20'`.
   * @throws {@link StorageInvalidKeyError} when no key can begin so
   */
  static parse(prefix: string): KeyPrefix {
    if (typeof prefix !== 'string') throw new StorageInvalidKeyError('prefix is no string');
    const folders = prefix.split('/');
    const partial = folders.pop() ?? '';
    const fault = textFault(prefix) ?? firstFault(folders);
    if (fault !== undefined) throw new StorageInvalidKeyError(`prefix ${fault}`, { key: prefix });
    return new KeyPrefix(prefix, folders, partial);
  }

  /** The prefix of keys of the disk's own. */
  static system(folder: string): KeyPrefix {
    return new KeyPrefix(`${RESERVED_PREFIX}/${folder}/`, [RESERVED_PREFIX, folder], '');
  }
}
