import { Inject, Injectable, Optional } from '@nestjs/common';
import { Clock } from 'nestjs-mainstay/common';
import {
  CHAOS,
  guardRecorder,
  NoopRecorder,
  OPERATION_RECORDER,
  type Chaos,
  type OperationBinder,
  type OperationOptions,
  type OperationRecorder,
  type PipelineOptions,
} from 'nestjs-mainstay/resilience';
import type { BoundOperation } from './bound-operation.js';
import {
  BRIDGE_INTERCEPTORS,
  OPERATION_INTERCEPTORS,
  type OperationInterceptor,
} from './operation-interceptor.js';
import { ResourceOperations } from './resource-operations.js';
import { UnknownResourceError } from './resource.errors.js';
import type { Resource } from './resource.js';

/** The resource under which methods marked with `@Operation` are recorded. */
const APPLICATION = 'app';
/** They may take as long as they like, and only they know whether they may be executed twice. */
const UNPROTECTED: PipelineOptions = {
  tryTimeoutMs: false,
  totalTimeoutMs: false,
  retry: false,
  breaker: false,
  limiter: false,
};

/**
 * Gives each resource its operations.
 * @example
 * constructor(resource: PaymentsApi, operations: Operations) {
 *   this.#charge = operations.of(resource, { tryTimeoutMs: 2_000 }).bind('charge');
 * }
 */
@Injectable()
export class Operations implements OperationBinder {
  readonly #clock: Clock;
  readonly #recorder: OperationRecorder;
  readonly #interceptors: readonly OperationInterceptor[];
  readonly #chaos: Chaos | undefined;
  readonly #byResource = new Map<string, ResourceOperations>();
  readonly #marked = new Map<string, BoundOperation>();
  /** Not in the map above: a resource that is named like it keeps its own pipeline. */
  readonly #application: ResourceOperations;
  #isShutDown = false;

  constructor(
    clock: Clock,
    @Optional() @Inject(OPERATION_RECORDER) recorder?: OperationRecorder,
    @Optional() @Inject(OPERATION_INTERCEPTORS) interceptors?: readonly OperationInterceptor[],
    @Optional() @Inject(CHAOS) chaos?: Chaos,
    @Optional() @Inject(BRIDGE_INTERCEPTORS) outermost?: readonly OperationInterceptor[],
  ) {
    this.#clock = clock;
    this.#recorder = guardRecorder(recorder ?? new NoopRecorder());
    this.#interceptors = [...(outermost ?? []), ...(interceptors ?? [])];
    this.#chaos = chaos;
    this.#application = this.#create(APPLICATION, UNPROTECTED);
  }

  /**
   * The operations of a resource. Options are those of the first call for the resource.
   * @throws PipelineOptionsError when the options contradict each other
   */
  of({ name }: Pick<Resource, 'name'>, options?: PipelineOptions): ResourceOperations {
    let operations = this.#byResource.get(name);
    if (!operations) {
      operations = this.#create(name, options);
      this.#byResource.set(name, operations);
    }
    return operations;
  }

  /** Binds an operation for methods that are marked with `@Resilient`. */
  bindOperation(
    name: string,
    operation: string,
    options: OperationOptions<readonly unknown[]>,
    pipeline: PipelineOptions | undefined,
  ): BoundOperation {
    return this.of({ name }, pipeline).bind(operation, options);
  }

  /**
   * The operations of a resource by its name.
   * @throws UnknownResourceError when no resource of this name has any
   * @example
   * operations.get('payments').breaker?.isolate('maintenance until noon');
   */
  get(name: string): ResourceOperations {
    const operations = this.#byResource.get(name);
    if (operations) return operations;
    throw new UnknownResourceError(name, [...this.#byResource.keys()]);
  }

  /** As {@link get}, but `undefined` where it has none. */
  find(name: string): ResourceOperations | undefined {
    return this.#byResource.get(name);
  }

  /** The operations of all resources, and of methods marked with `@Operation`. */
  all(): readonly ResourceOperations[] {
    return [...this.#byResource.values(), this.#application];
  }

  /** Runs a method marked with `@Operation`: recorded and intercepted, neither retried nor timed out. */
  runMarked<R>(label: string, work: () => R | PromiseLike<R>): Promise<R> {
    let operation = this.#marked.get(label);
    if (!operation) {
      operation = this.#application.bind(label);
      this.#marked.set(label, operation);
    }
    return operation.run(work, undefined);
  }

  /** Cuts all back-offs; called when the application shuts down. */
  shutdown(): void {
    this.#isShutDown = true;
    for (const operations of this.all()) operations.shutdown();
  }

  /**
   * Waits until no call of any resource is in flight, at most `timeoutMs`; what runs then is cancelled.
   * @returns whether all calls ended by themselves
   */
  async drain(timeoutMs: number): Promise<boolean> {
    const drained = await Promise.all(this.all().map((operations) => operations.drain(timeoutMs)));
    return drained.every(Boolean);
  }

  #create(name: string, options?: PipelineOptions): ResourceOperations {
    const chaos = options?.chaos ?? this.#chaos;
    const own = chaos ? { ...options, chaos } : options;
    const operations = new ResourceOperations(
      name,
      own,
      this.#recorder,
      this.#interceptors,
      this.#clock,
    );
    if (this.#isShutDown) operations.shutdown();
    return operations;
  }
}
