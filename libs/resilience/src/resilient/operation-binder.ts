import type { CallOptions, OperationOptions, Work } from '../operation.js';
import type { PipelineOptions } from '../resilience.options.js';

/** An operation that was bound once and runs for every call. */
export interface RunnableOperation {
  /** @throws the operation's error when it cannot be recovered */
  run<A, R>(work: Work<A, R>, arg: A, call?: CallOptions): Promise<R>;
}

/**
 * Where methods marked with `@Resilient` get their operations from; a type that is also an injection token. In an
 * application with ResourceModule these are its `Operations`, so that a resource has one pipeline, whoever uses it.
 */
export abstract class OperationBinder {
  /**
   * Binds an operation of a resource.
   * @param pipeline of the resource, where it has none yet
   */
  abstract bindOperation(
    resource: string,
    operation: string,
    options: OperationOptions<readonly unknown[]>,
    pipeline: PipelineOptions | undefined,
  ): RunnableOperation;
}
