import type { OperationOptions } from 'nestjs-mainstay/resilience';

/** How an operation of a resource behaves, and what it says of the resource; given once, when it is bound. */
export interface BindOptions<A = never, R = unknown> extends OperationOptions<A, R> {
  /**
   * The capability that works whenever the work of the operation succeeds, by the name that `Resource.probe` gives it.
   * Traffic that proves all of them takes the place of a probe, and shows when an outage is over. Only for work that
   * always asks the dependency itself: not for what may be answered from memory, or for what does nothing where there is
   * nothing to do. A fallback's answer proves nothing.
   * @default nothing is proved
   */
  readonly proves?: 'read' | 'write' | (string & {});
}
