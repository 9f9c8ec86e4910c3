import type { Clock } from 'nestjs-mainstay/common';
import { ListenerErrors } from '../listener-errors.js';
import { ActiveStage } from './active-stage.js';
import type { ChaosCall, ChaosStage } from './chaos-stage.js';

/**
 * What is staged, in order. A try meets one stage at most: the first that is meant for it, which strikes it or lets it
 * pass; the later ones do not see it. @internal shared by StagedChaos and the StagedFaults of nestjs-mainstay/testing
 */
export class ChaosStages {
  readonly #clock: Clock;
  readonly #errors = new ListenerErrors('StagedChaos');
  #stages: readonly ActiveStage[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether nothing is staged, or everything is spent. */
  get isEmpty(): boolean {
    return this.#stages.length === 0;
  }

  /** @throws PipelineOptionsError when the stage makes no sense */
  add(stage: ChaosStage): ActiveStage {
    const active = new ActiveStage(stage, this.#clock, this.#errors);
    if (!active.isSpent) this.#stages = [...this.#stages, active];
    return active;
  }

  /** Ends the stages that `isMeant` picks. */
  remove(isMeant: (stage: ActiveStage) => boolean): void {
    this.#stages = this.#stages.filter((stage) => !isMeant(stage));
  }

  /** The stage that strikes this try, if any. */
  strike(call: ChaosCall): ActiveStage | undefined {
    for (const stage of this.#stages) {
      const verdict = stage.meet(call);
      if (stage.isSpent) this.remove((other) => other === stage);
      if (verdict !== 'not-mine') return verdict === 'struck' ? stage : undefined;
    }
    return undefined;
  }
}
