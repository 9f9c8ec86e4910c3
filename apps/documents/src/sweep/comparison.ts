/** Ids in ascending order. */
export type SortedIds = AsyncIterable<string>;

/** Ids that are on one side only: how many, and the first of them. */
export interface Unmatched {
  count: number;
  readonly first: string[];
}

/** What came of comparing documents with contents. */
export interface Comparison {
  /** Ids that are on both sides. */
  readonly matched: number;
  readonly withoutContent: Unmatched;
  readonly withoutDocument: Unmatched;
}

/** How many ids of a kind are kept: memory stays bounded however much is amiss. */
export const MAX_KEPT = 1_000;

/**
 * Compares two sorted sequences of ids in one pass, in constant memory.
 * @param step called after each id, to pause or to give up
 */
export async function compare(
  documents: SortedIds,
  contents: SortedIds,
  step: () => Promise<void> | void,
): Promise<Comparison> {
  const [left, right] = [documents[Symbol.asyncIterator](), contents[Symbol.asyncIterator]()];
  try {
    return await walk(left, right, step);
  } finally {
    await Promise.all([left.return?.(), right.return?.()]);
  }
}

/**
 * Whether two sides belong together: as many ids must be on both as are on one only. Otherwise one of them is empty,
 * another one, or not mounted, and nothing that it lacks is lost.
 */
export function belongTogether({ matched, withoutContent, withoutDocument }: Comparison): boolean {
  return Math.max(withoutContent.count, withoutDocument.count) <= matched;
}

async function walk(
  left: AsyncIterator<string>,
  right: AsyncIterator<string>,
  step: () => Promise<void> | void,
): Promise<Comparison> {
  const withoutContent: Unmatched = { count: 0, first: [] };
  const withoutDocument: Unmatched = { count: 0, first: [] };
  let matched = 0;
  let [document, content] = [await next(left), await next(right)];
  while (document !== undefined || content !== undefined) {
    await step();
    const order = compareIds(document, content);
    if (order < 0) keep(withoutContent, document);
    else if (order > 0) keep(withoutDocument, content);
    else matched++;
    if (order <= 0) document = await next(left);
    if (order >= 0) content = await next(right);
  }
  return { matched, withoutContent, withoutDocument };
}

async function next(ids: AsyncIterator<string>): Promise<string | undefined> {
  const step = await ids.next();
  return step.done ? undefined : step.value;
}

/** The end of a sequence comes after every id. */
function compareIds(one: string | undefined, other: string | undefined): number {
  if (one === other) return 0;
  return one === undefined || (other !== undefined && other < one) ? 1 : -1;
}

function keep(unmatched: Unmatched, id: string | undefined): void {
  unmatched.count++;
  if (id !== undefined && unmatched.first.length < MAX_KEPT) unmatched.first.push(id);
}
