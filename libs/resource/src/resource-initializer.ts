import { Inject, Injectable, Optional } from '@nestjs/common';
import { Clock } from 'nestjs-mainstay/common';
import {
  ErrorDetector,
  guardRecorder,
  NoopRecorder,
  OPERATION_RECORDER,
  type Classification,
  type OperationRecorder,
} from 'nestjs-mainstay/resilience';
import { endsBoot, initializationAdvice } from './initialization-advice.js';
import { InitializationBackOff } from './initialization-back-off.js';
import { InitializationLog } from './initialization-log.js';
import { Initialization, stillRunning, type InitializationFailure } from './initialization.js';
import { Operations } from './operations.js';
import { messageOf, type RegisteredResource } from './registered-resource.js';
import { ResourceCloser } from './resource-closer.js';
import { ResourceRegistry } from './resource-registry.js';
import { InitializationCancelledError, ResourceUnavailableError } from './resource.errors.js';
import type { Resource } from './resource.js';

/** How long a `degraded` boot waits for a resource, in milliseconds. */
const DEGRADED_WAIT_MS = 500;
/** How long a `required` boot tries, and how long closing everything may take after it, in milliseconds. */
const REQUIRED_BUDGET_MS = 20_000;
const CLOSING_BUDGET_MS = 5_000;

type Attempt = Promise<InitializationFailure | undefined>;

/**
 * Initialises resources by their steps and their boot policy. A failed initialisation is tried again until all steps
 * pass; nothing that failed is remembered.
 */
@Injectable()
export class ResourceInitializer {
  readonly #log = new InitializationLog();
  readonly #registry: ResourceRegistry;
  readonly #operations: Operations;
  readonly #closer: ResourceCloser;
  readonly #clock: Clock;
  readonly #recorder: OperationRecorder;
  readonly #detector = new ErrorDetector();
  readonly #started = new Map<Resource, Promise<void>>();
  readonly #stop = new AbortController();
  #refusal: Promise<never> | undefined;

  constructor(
    registry: ResourceRegistry,
    operations: Operations,
    closer: ResourceCloser,
    clock: Clock,
    @Optional() @Inject(OPERATION_RECORDER) recorder?: OperationRecorder,
  ) {
    this.#registry = registry;
    this.#operations = operations;
    this.#closer = closer;
    this.#clock = clock;
    this.#recorder = guardRecorder(recorder ?? new NoopRecorder());
  }

  /**
   * Starts a resource, once. With boot `degraded` the promise resolves after 500 ms at the latest and the
   * initialisation goes on in the background; with `required` it resolves when all steps have passed.
   * @throws {@link ResourceUnavailableError} when a required resource is not there within 25 s, and at once when the
   * configuration or the credentials are wrong; everything that was started is closed before
   * @throws DuplicateResourceError
   */
  start(resource: Resource): Promise<void> {
    let started = this.#started.get(resource);
    if (!started) {
      // A boot that is cut because another one was refused fails with the reason of that one.
      started = this.#boot(resource).catch(
        (error: unknown) => this.#refusal ?? Promise.reject(error as Error),
      );
      this.#started.set(resource, started);
    }
    return started;
  }

  /** Ends all initialisations that are in progress or scheduled. */
  stop(): void {
    this.#stop.abort(new InitializationCancelledError());
  }

  async #boot(resource: Resource): Promise<void> {
    this.#stop.signal.throwIfAborted();
    const entry = await this.#register(resource);
    const first = this.#tryOnce(entry);
    if (resource.boot === 'required') return this.#bootRequired(entry, first);
    const result = await this.#within(DEGRADED_WAIT_MS, first);
    if (result === 'pending') this.#log.startingWithout(entry, DEGRADED_WAIT_MS);
    else if (result && endsBoot(result.classification)) return this.#refuse(entry, result);
    this.#continueInBackground(entry, first);
  }

  async #register(resource: Resource): Promise<RegisteredResource> {
    const pipeline = () => this.#operations.find(resource.name)?.status();
    try {
      return this.#registry.register(resource, pipeline);
    } catch (duplicate) {
      return this.#abandonBoot(duplicate as Error);
    }
  }

  async #bootRequired(entry: RegisteredResource, first: Attempt): Promise<void> {
    const deadline = this.#clock.now() + REQUIRED_BUDGET_MS;
    const backOff = new InitializationBackOff(this.#clock);
    let last: InitializationFailure | undefined;
    for (let attempt = first; ; attempt = this.#tryAgain(entry, last, backOff)) {
      const result = await this.#within(deadline - this.#clock.now(), attempt);
      if (!result) return;
      if (result === 'pending')
        return this.#refuse(entry, last ?? stillRunning(entry, REQUIRED_BUDGET_MS));
      last = result;
      if (last.classification.kind === 'permanent') return this.#refuse(entry, last);
    }
  }

  #continueInBackground(entry: RegisteredResource, first: Attempt): void {
    const backOff = new InitializationBackOff(this.#clock);
    const untilReady = async (): Promise<void> => {
      let failure = await first;
      while (failure) failure = await this.#tryAgain(entry, failure, backOff, { background: true });
    };
    untilReady().catch((error: unknown) => {
      if (!this.#stop.signal.aborted) this.#log.ended(entry, error);
    });
  }

  async #tryOnce(entry: RegisteredResource): Attempt {
    const initialization = new Initialization(
      entry,
      this.#clock,
      this.#recorder,
      this.#classifierOf(entry),
      () => this.#closer.releaseLate(entry),
    );
    const failure = await initialization.run(this.#stop.signal);
    if (this.#stop.signal.aborted) return failure;
    if (!failure) this.#becomeReady(entry);
    else entry.enter('failed');
    return failure;
  }

  /** Calls that failed meanwhile may have opened the breaker; what has just proved to work need not wait for it. */
  #becomeReady(entry: RegisteredResource): void {
    this.#log.ready(entry);
    this.#operations.find(entry.name)?.breaker?.recordProbe(true);
    entry.enter('ready');
  }

  /** @throws InitializationCancelledError when the initialiser is stopped */
  async #tryAgain(
    entry: RegisteredResource,
    failure: InitializationFailure,
    backOff: InitializationBackOff,
    options?: { background: boolean },
  ): Attempt {
    this.#stop.signal.throwIfAborted();
    this.#log.failed(entry, failure);
    await this.#closer.release(entry);
    const delayMs = backOff.next(failure.classification);
    await this.#clock.sleep(delayMs, this.#stop.signal, options);
    return this.#tryOnce(entry);
  }

  #refuse(
    entry: RegisteredResource,
    { step, error, classification }: InitializationFailure,
  ): Promise<never> {
    const advice = initializationAdvice(classification);
    return this.#abandonBoot(
      new ResourceUnavailableError(entry.name, step, messageOf(error), advice, error),
    );
  }

  /** Closes everything that was started; the first reason is the one that counts. */
  #abandonBoot(reason: Error): Promise<never> {
    this.#refusal ??= (async () => {
      this.stop();
      this.#operations.shutdown();
      await this.#closer.closeAll(CLOSING_BUDGET_MS);
      throw reason;
    })();
    return this.#refusal;
  }

  #within<T>(waitMs: number, work: Promise<T>): Promise<T | 'pending'> {
    return new Promise((resolve, reject) => {
      const timer = this.#clock.schedule(() => resolve('pending'), waitMs);
      void work.then(resolve, reject).finally(() => timer.cancel());
    });
  }

  /** Detection with the resource's own rules, where its operations have some. */
  #classifierOf(entry: RegisteredResource): (error: unknown) => Classification {
    const operations = this.#operations.find(entry.name);
    return (error) => operations?.classify(error) ?? this.#detector.detect(error);
  }
}
