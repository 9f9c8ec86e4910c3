/** How many objects lie below each folder, for a disk that has no folders of its own. */
export class FolderCounts {
  readonly #counts = new Map<string, number>();

  /** Whether any object lies below the folder. */
  has(folder: string): boolean {
    return this.#counts.has(folder);
  }

  /** An object was added below its folders. */
  add(segments: readonly string[]): void {
    for (const folder of foldersOf(segments)) {
      this.#counts.set(folder, (this.#counts.get(folder) ?? 0) + 1);
    }
  }

  /** An object was removed from below its folders. */
  remove(segments: readonly string[]): void {
    for (const folder of foldersOf(segments)) {
      const count = (this.#counts.get(folder) ?? 0) - 1;
      if (count > 0) this.#counts.set(folder, count);
      else this.#counts.delete(folder);
    }
  }
}

/** The folders that a key lies in: `a` and `a/b` for `a/b/c`. */
export function foldersOf(segments: readonly string[]): readonly string[] {
  return segments.slice(0, -1).map((_, index) => segments.slice(0, index + 1).join('/'));
}
