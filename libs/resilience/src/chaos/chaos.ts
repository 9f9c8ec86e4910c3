import type { OperationContext, Work } from '../operation.js';

/**
 * Faults on purpose, between a pipeline and the work: the innermost layer, so that everything around it meets them as
 * if they came from the dependency. {@link StagedChaos} is the one of Mainstay.
 */
export interface Chaos {
  /** Whether anything is staged. While it is `false`, {@link run} is not called. */
  readonly isArmed: boolean;

  /** Executes `work` with what is staged for this try. */
  run<A, R>(work: Work<A, R>, arg: A, context: OperationContext): R | PromiseLike<R>;
}

/** Injection token of the {@link Chaos} that all resources of an application share. */
export const CHAOS = Symbol.for('nestjs-mainstay.chaos');
