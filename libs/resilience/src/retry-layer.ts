import { AsyncLocalStorage } from 'node:async_hooks';

/** How deep the causes of an error are searched for one that was retried. */
const MAX_CAUSES = 10;

/** A retry that is in progress; work that it leaves behind is no longer inside it. */
interface Mark {
  isOver: boolean;
}

const retry = new AsyncLocalStorage<Mark>();
let inProgress = 0;

/** Errors that a retrying layer has given up on, with the number of the giving up: some errors are thrown again and again. */
const spent = new WeakMap<object, number>();
let givenUp = 0;

/**
 * Executes `work` as a retry: pipelines that it uses do not retry on their own, or layers of three tries each would
 * multiply.
 */
export async function asRetry<R>(work: () => Promise<R>): Promise<R> {
  const mark = { isOver: false };
  inProgress++;
  try {
    return await retry.run(mark, work);
  } finally {
    mark.isOver = true;
    inProgress--;
    // While it is enabled, every promise of the process costs more (Node < 24).
    if (inProgress === 0) retry.disable();
  }
}

/** Whether this call is a part of another pipeline's retry. */
export function isInsideRetry(): boolean {
  return retry.getStore()?.isOver === false;
}

/** How often a layer has retried in vain so far; for {@link isSpent}. */
export function countGivenUp(): number {
  return givenUp;
}

/** Remembers that an error comes from a layer that retried in vain. */
export function markSpent(error: unknown): void {
  givenUp++;
  if (typeof error === 'object' && error !== null) spent.set(error, givenUp);
}

/**
 * Whether an error, or one of its causes, comes from a layer that retried in vain.
 * @param since what {@link countGivenUp} gave when the work began that failed with it
 */
export function isSpent(error: unknown, since: number): boolean {
  if (givenUp === since) return false;
  try {
    return errorAndCauses(error).some((candidate) => (spent.get(candidate) ?? 0) > since);
  } catch {
    // An error that cannot be read is none that a layer has given up on.
    return false;
  }
}

function errorAndCauses(error: unknown): object[] {
  const found: object[] = [];
  let candidate = error;
  while (typeof candidate === 'object' && candidate !== null && found.length <= MAX_CAUSES) {
    found.push(candidate);
    candidate = (candidate as { cause?: unknown }).cause;
  }
  return found;
}
