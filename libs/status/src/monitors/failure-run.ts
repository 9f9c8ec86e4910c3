import type { Classification } from 'nestjs-mainstay/resilience';

/** Kind and type of an error. */
export type ErrorFacts = Pick<Classification, 'kind' | 'type'>;

/** Failures that nothing has interrupted. */
export interface FailureEvidence {
  /** When the first of them began, as a time of the clock. */
  readonly since: number;
  /** What the first of them was; absent where something does not work and no error says why. */
  readonly error?: ErrorFacts;
  /** Calls that failed with it. */
  readonly calls: number;
}

/** The failures of one operation in a row. Kept up on the path of failures only: a success is seen by its counter. */
export class FailureRun {
  #first: { readonly since: number; readonly error: ErrorFacts } | undefined;
  #lastAt = 0;
  #calls = 0;
  #successes = 0;

  /**
   * A try failed.
   * @param since when it began, and
   * @param at when it failed, as times of the clock
   * @param successes tries that have succeeded so far
   */
  failed(since: number, at: number, { kind, type }: ErrorFacts, successes: number): void {
    if (successes !== this.#successes) this.end();
    this.#successes = successes;
    this.#lastAt = at;
    this.#first ??= { since, error: { kind, type } };
  }

  /** A call came to its end by such failures. */
  callFailed(): void {
    if (this.#first) this.#calls++;
  }

  /** What was before says nothing any more. @param at only if the last failure was before */
  end(at = Infinity): void {
    if (this.#lastAt >= at) return;
    this.#first = undefined;
    this.#calls = 0;
  }

  /** The run that goes on; `undefined` when there is none. @param successes tries that have succeeded so far */
  evidence(successes: number): FailureEvidence | undefined {
    if (!this.#first || successes !== this.#successes) return undefined;
    return { ...this.#first, calls: this.#calls };
  }
}
