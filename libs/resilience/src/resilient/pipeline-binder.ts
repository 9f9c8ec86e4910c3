import { SystemClock, type Clock } from 'nestjs-mainstay/common';
import { NoopRecorder } from '../noop-recorder.js';
import type { OperationOptions } from '../operation.js';
import { ResiliencePipeline } from '../resilience-pipeline.js';
import type { PipelineOptions } from '../resilience.options.js';
import { OperationBinder, type RunnableOperation } from './operation-binder.js';

/**
 * The {@link OperationBinder} without Nest: one pipeline for each resource, recording nothing. With recording and
 * interceptors, `Operations` of `nestjs-mainstay/resource` can be made by hand.
 *
 * @example
 * const binder = new PipelineBinder();
 * useOperationBinder(rates, binder);
 * useOperationBinder(orders, binder); // the same resource name now means the same breaker
 */
export class PipelineBinder extends OperationBinder {
  readonly #clock: Clock;
  readonly #pipelines = new Map<string, ResiliencePipeline>();
  readonly #recorder = new NoopRecorder();

  constructor(clock: Clock = new SystemClock()) {
    super();
    this.#clock = clock;
  }

  bindOperation(
    resource: string,
    operation: string,
    options: OperationOptions<readonly unknown[]>,
    pipeline: PipelineOptions | undefined,
  ): RunnableOperation {
    const found = this.#pipelineOf(resource, pipeline);
    const spec = found.bind(operation, options, this.#recorder.bind(resource, operation));
    return { run: (work, arg, call) => found.run(spec as never, work, arg, call) };
  }

  /** The pipeline of a resource, once one of its operations was bound. */
  find(resource: string): ResiliencePipeline | undefined {
    return this.#pipelines.get(resource);
  }

  /** Cuts all back-offs and allows no further retries. */
  shutdown(): void {
    for (const pipeline of this.#pipelines.values()) pipeline.shutdown();
  }

  #pipelineOf(resource: string, options: PipelineOptions | undefined): ResiliencePipeline {
    let pipeline = this.#pipelines.get(resource);
    if (!pipeline) {
      pipeline = new ResiliencePipeline(resource, options, this.#clock);
      this.#pipelines.set(resource, pipeline);
    }
    return pipeline;
  }
}
