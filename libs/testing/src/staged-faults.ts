/** One staged fault. */
export interface StagedFault {
  /** What is thrown. */
  readonly error: unknown;
  /** How many calls it hits. @default Infinity */
  readonly times?: number;
  /** How many calls it lets pass before. @default 0 */
  readonly after?: number;
}

interface Stage {
  readonly error: unknown;
  passes: number;
  hits: number;
}

/**
 * Faults that a test stages for the operations of something: each call of {@link strike} throws what is staged for it.
 *
 * @example
 * const faults = new StagedFaults();
 * faults.stage('write', { error: Object.assign(new Error('full'), { code: 'ENOSPC' }), times: 2, after: 1 });
 * faults.strike('write'); // passes; the next two throw
 */
export class StagedFaults {
  readonly #stages = new Map<string, Stage[]>();

  /** Stages a fault for an operation; several for one operation strike in the order in which they were staged. */
  stage(operation: string, fault: StagedFault): this {
    const { error, after = 0, times = Infinity } = fault;
    const stages = this.#stages.get(operation) ?? [];
    if (times > 0) stages.push({ error, passes: after, hits: times });
    this.#stages.set(operation, stages);
    return this;
  }

  /** Removes what is staged, for one operation or for all. */
  clear(operation?: string): void {
    if (operation === undefined) this.#stages.clear();
    else this.#stages.delete(operation);
  }

  /** @throws the error that is staged for this call of the operation */
  strike(operation: string): void {
    const stages = this.#stages.get(operation);
    const stage = stages?.[0];
    if (!stages || !stage) return;
    if (stage.passes > 0) {
      stage.passes--;
      return;
    }
    stage.hits--;
    if (stage.hits <= 0) stages.shift();
    throw stage.error;
  }
}
