import { SystemClock, type Clock } from 'nestjs-mainstay/common';
import { GuardedLogger } from '../guarded-logger.js';
import type { OperationContext, Work } from '../operation.js';
import type { ActiveStage } from './active-stage.js';
import { isProduction, requireChaosAllowed, type ChaosEnvironment } from './chaos-permission.js';
import type { ChaosStage } from './chaos-stage.js';
import { ChaosStages } from './chaos-stages.js';
import type { Chaos } from './chaos.js';
import { describeStage } from './describe-stage.js';

/** Options of {@link StagedChaos}. */
export interface StagedChaosOptions {
  /** For latencies and rates. @default the system's */
  readonly clock?: Clock;
  /** Where `NODE_ENV` and `MAINSTAY_CHAOS` are read; another one is for tests. @default process.env */
  readonly environment?: ChaosEnvironment;
}

/** A stage that was staged. */
export interface ChaosHandle {
  /** Tries that it has struck. */
  readonly hits: number;
  /** Ends it. Does nothing when it is over. */
  remove(): void;
}

/**
 * Makes operations slow, fail or give other results on purpose, to see in the running application that it recovers.
 * Innermost of the pipeline: a try's timeout, breaker, retries and fallback treat what is staged like the dependency's
 * own. Each stage is logged as a warning: chaos is never silent.
 *
 * @example
 * const chaos = new StagedChaos();
 * // ResourceModule.forRoot({ chaos }), or new ResiliencePipeline('payments', { chaos })
 * const stage = chaos.stage({ resource: 'cache', latencyMs: 300, rate: 0.1 });
 * chaos.stage({ operation: 'put', fault: () => Object.assign(new Error('full'), { code: 'ENOSPC' }), times: 3 });
 * stage.remove();
 */
export class StagedChaos implements Chaos {
  readonly #clock: Clock;
  readonly #stages: ChaosStages;
  readonly #logger = new GuardedLogger('StagedChaos');
  #hits = 0;

  /** @throws ChaosRefusedError when `NODE_ENV` is `production`, unless `MAINSTAY_CHAOS` is `allow` */
  constructor(options: StagedChaosOptions = {}) {
    const { clock = new SystemClock(), environment = process.env } = options;
    if (isProduction(environment)) requireChaosAllowed(environment);
    this.#clock = clock;
    this.#stages = new ChaosStages(clock);
  }

  get isArmed(): boolean {
    return !this.#stages.isEmpty;
  }

  /** Tries struck so far, by all stages. */
  get hits(): number {
    return this.#hits;
  }

  /**
   * Stages something. Several stages are asked in the order in which they were staged; a try meets the first that is
   * meant for it.
   * @throws PipelineOptionsError when a value makes no sense, or the stage does nothing
   */
  stage(stage: ChaosStage): ChaosHandle {
    const active = this.#stages.add(stage);
    this.#logger.warn(`Chaos is staged for ${describeStage(stage)}.`);
    return {
      get hits() {
        return active.hits;
      },
      remove: () => this.#stages.remove((other) => other === active),
    };
  }

  /** Ends everything that is staged. */
  clear(): void {
    this.#stages.remove(() => true);
  }

  run<A, R>(work: Work<A, R>, arg: A, context: OperationContext): R | PromiseLike<R> {
    const { resource, operation, tryNumber } = context;
    const stage = this.#stages.strike({ resource, operation, arg, tryNumber });
    if (!stage) return work(arg, context);
    this.#hits++;
    const proceed = (): R | PromiseLike<R> => stage.apply(arg, () => work(arg, context));
    return stage.stage.latencyMs ? this.#late(stage, context, proceed) : proceed();
  }

  async #late<R>(
    { stage: { latencyMs = 0 } }: ActiveStage,
    context: OperationContext,
    proceed: () => R | PromiseLike<R>,
  ): Promise<R> {
    await this.#clock.sleep(latencyMs, context.signal);
    return proceed();
  }
}
