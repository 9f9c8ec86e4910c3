/** A variable that is set, is nobody's, and looks like one that is known. */
export interface NearName {
  readonly found: string;
  readonly meant: string;
}

/**
 * Finds variables that are probably misspelt: the same words but for one or two slips (`DATABSE_URL`, `DATABASE_URI`),
 * or only other separators or case (`DATABASEURL`, `database_url`).
 * @param names every variable that is set
 * @param known every variable that somebody reads
 */
export function findNearNames(
  names: readonly string[],
  known: readonly string[],
): readonly NearName[] {
  const isKnown = new Set(known);
  return names
    .filter((name) => !isKnown.has(name))
    .flatMap((found) => {
      const near = known
        .map((meant) => ({ meant, slips: countSlips(found, meant) }))
        .filter(({ slips }) => slips <= 2)
        .sort((a, b) => a.slips - b.slips)[0];
      return near === undefined ? [] : [{ found, meant: near.meant }];
    });
}

function countSlips(found: string, meant: string): number {
  const upper = found.toUpperCase();
  if (Math.abs(upper.length - meant.length) > 2) return Infinity;
  if (upper.replaceAll(/[_.-]/g, '') === meant.replaceAll('_', '')) return 0;
  // A single word looks like too many others: neither POST nor COST is meant to be PORT or HOST.
  if (!meant.includes('_')) return Infinity;
  const left = upper.split('_');
  const right = meant.split('_');
  if (left.length !== right.length) return Infinity;
  return right.reduce((sum, word, index) => sum + countSlipsOfWord(left[index] as string, word), 0);
}

/** Short words differ by a letter only by intention or by one slip: `TTL` is not `URL`. */
function countSlipsOfWord(found: string, meant: string): number {
  if (found === meant) return 0;
  const allowed = meant.length < 3 ? 0 : meant.length < 6 ? 1 : 2;
  const slips = editDistance(found, meant);
  return slips <= allowed ? slips : Infinity;
}

/** Damerau–Levenshtein distance (optimal string alignment): a swap of neighbours is one slip. */
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1];
      let best = Math.min(
        (last[column] as number) + 1,
        (current[column - 1] as number) + 1,
        (last[column - 1] as number) + (same ? 0 : 1),
      );
      if (row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]) {
        best = Math.min(best, (beforeLast[column - 2] as number) + 1);
      }
      current.push(best);
    }
    beforeLast = last;
    last = current;
  }
  return last[b.length] as number;
}
