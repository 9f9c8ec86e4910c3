import type { Clock } from 'nestjs-mainstay/common';
import type { ListenerErrors } from '../listener-errors.js';
import type { ChaosCall, ChaosStage } from './chaos-stage.js';
import { validateStage } from './validate-stage.js';

/** What a stage does with a try: not meant for it, meant for it but let pass, or struck. */
export type StageVerdict = 'not-mine' | 'passed' | 'struck';

/** A {@link ChaosStage} that counts. */
export class ActiveStage {
  readonly stage: ChaosStage;
  readonly #clock: Clock;
  readonly #errors: ListenerErrors;
  #passesLeft: number;
  #hitsLeft: number;
  #hits = 0;

  /** @throws PipelineOptionsError when the stage makes no sense */
  constructor(stage: ChaosStage, clock: Clock, errors: ListenerErrors) {
    validateStage(stage);
    this.stage = stage;
    this.#clock = clock;
    this.#errors = errors;
    this.#passesLeft = stage.after ?? 0;
    this.#hitsLeft = stage.times ?? Infinity;
  }

  /** Tries struck so far. */
  get hits(): number {
    return this.#hits;
  }

  /** Whether it has struck as often as it should. */
  get isSpent(): boolean {
    return this.#hitsLeft <= 0;
  }

  /** Counts a try. */
  meet(call: ChaosCall): StageVerdict {
    if (this.isSpent || !this.#isMeantFor(call)) return 'not-mine';
    if (this.#passesLeft > 0) {
      this.#passesLeft--;
      return 'passed';
    }
    this.#hitsLeft--;
    this.#hits++;
    return 'struck';
  }

  /**
   * Does to a struck try what is staged, the latency excepted.
   * @throws the staged fault
   */
  apply<R>(arg: unknown, proceed: () => R): R {
    const { fault, result } = this.stage;
    if (fault !== undefined) throw typeof fault === 'function' ? (fault() as unknown) : fault;
    if (!('result' in this.stage)) return proceed();
    return (typeof result === 'function' ? result(arg) : result) as R;
  }

  #isMeantFor(call: ChaosCall): boolean {
    const { resource, operation, rate = 1 } = this.stage;
    if (resource !== undefined && resource !== call.resource) return false;
    if (operation !== undefined && operation !== call.operation) return false;
    return this.#isSuch(call) && (rate >= 1 || this.#clock.random() < rate);
  }

  #isSuch(call: ChaosCall): boolean {
    try {
      return this.stage.when?.(call) ?? true;
    } catch (error) {
      this.#errors.report('The predicate of a chaos stage', error);
      return false;
    }
  }
}
