import { formatDuration, withDeadline, type Clock } from 'nestjs-mainstay/common';
import { type Classification, type OperationRecorder } from 'nestjs-mainstay/resilience';
import type { InitializationStep } from './initialization-step.js';
import type { RegisteredResource } from './registered-resource.js';
import { messageOf } from './registered-resource.js';
import { InitializationTimeoutError } from './resource.errors.js';

/** Time for a step that names none, in milliseconds. */
const DEFAULT_STEP_TIMEOUT_MS = 5_000;

/** Why an initialisation failed. */
export interface InitializationFailure {
  readonly step: string;
  readonly error: unknown;
  readonly classification: Classification;
}

/** The failure of an initialisation whose time is over before it has ended. */
export function stillRunning(
  { steps }: RegisteredResource,
  budgetMs: number,
): InitializationFailure {
  return {
    step: steps.find(({ state }) => state === 'running')?.name ?? 'unknown',
    error: new Error(`it did not end within ${formatDuration(budgetMs)}`),
    classification: { kind: 'timeout', type: 'INITIALIZATION_TIMEOUT' },
  };
}

/** One try to initialise a resource: runs its steps in order, each with its deadline, timed and recorded. */
export class Initialization {
  readonly #entry: RegisteredResource;
  readonly #clock: Clock;
  readonly #recorder: OperationRecorder;
  readonly #classify: (error: unknown) => Classification;
  readonly #onLateStep: () => Promise<void>;

  /** @param onLateStep called when a step that was given up passes after all: what it brought must be released */
  constructor(
    entry: RegisteredResource,
    clock: Clock,
    recorder: OperationRecorder,
    classify: (error: unknown) => Classification,
    onLateStep: () => Promise<void>,
  ) {
    this.#classify = classify;
    this.#onLateStep = onLateStep;
    this.#entry = entry;
    this.#clock = clock;
    this.#recorder = recorder;
  }

  /** Runs all steps; what `signal` cuts is not recorded. @returns `undefined` when all passed */
  async run(signal: AbortSignal): Promise<InitializationFailure | undefined> {
    const startedAt = this.#clock.now();
    const failure = await this.#runSteps(signal);
    const durationMs = this.#clock.now() - startedAt;
    this.#entry.initializationMs = durationMs;
    this.#entry.lastError = failure && messageOf(failure.error);
    if (!signal.aborted) {
      this.#recorder.recordInitialization(this.#entry.name, !failure, durationMs);
    }
    return failure;
  }

  async #runSteps(signal: AbortSignal): Promise<InitializationFailure | undefined> {
    const steps = this.#steps();
    this.#entry.beginInitialization(steps);
    for (const [index, step] of steps.entries()) {
      const failure = await this.#runStep(index, step, signal);
      if (failure) return failure;
    }
    return undefined;
  }

  /** A resource that cannot name its steps fails like one whose first step fails. */
  #steps(): readonly InitializationStep[] {
    try {
      return this.#entry.resource.initializationSteps();
    } catch (error) {
      return [{ name: 'prepare steps', run: () => Promise.reject(error) }];
    }
  }

  async #runStep(
    index: number,
    step: InitializationStep,
    signal: AbortSignal,
  ): Promise<InitializationFailure | undefined> {
    const { name } = this.#entry;
    const timeoutMs = step.timeoutMs ?? DEFAULT_STEP_TIMEOUT_MS;
    const onTimeout = (): Error => new InitializationTimeoutError(name, step.name, timeoutMs);
    const startedAt = this.#clock.now();
    this.#entry.reportStep(index, 'running');
    let isGivenUp = false;
    const work = async (inner: AbortSignal): Promise<void> => {
      await step.run(inner);
      if (isGivenUp) await this.#onLateStep();
    };
    try {
      await withDeadline(this.#clock, { timeoutMs, signal, onTimeout }, work);
      this.#passed(index, step.name, this.#clock.now() - startedAt);
      return undefined;
    } catch (error) {
      isGivenUp = true;
      const durationMs = this.#clock.now() - startedAt;
      return this.#failed(index, step.name, durationMs, error, signal.aborted);
    }
  }

  #passed(index: number, step: string, durationMs: number): void {
    this.#entry.reportStep(index, 'passed', durationMs);
    this.#recorder.recordStep(this.#entry.name, step, durationMs);
  }

  #failed(
    index: number,
    step: string,
    durationMs: number,
    error: unknown,
    isCut: boolean,
  ): InitializationFailure {
    const classification = this.#classify(error);
    this.#entry.reportStep(index, 'failed', durationMs, error);
    if (!isCut) this.#recorder.recordStep(this.#entry.name, step, durationMs, classification);
    return { step, error, classification };
  }
}
