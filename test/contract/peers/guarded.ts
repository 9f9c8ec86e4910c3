import {
  NoopRecorder,
  ResiliencePipeline,
  type BoundRecorder,
  type CallOptions,
  type PipelineOptions,
  type Work,
} from 'nestjs-mainstay/resilience';
import { SimulationClock } from '../../support/simulation-clock.js';

/** Failures as the peers are told to count them: of the dependency, and likely to pass. */
export const RESET: Error = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });

/** How a call ended: `refused` without having been executed. */
export type Ending = 'served' | 'failed' | 'refused';

/** One idempotent operation of a pipeline without retries, time limits and limiter, unless asked for. */
export class Guarded {
  readonly clock = new SimulationClock();
  readonly pipeline: ResiliencePipeline;
  readonly #recorder: BoundRecorder;

  constructor(
    options: PipelineOptions,
    recorder: BoundRecorder = new NoopRecorder().bind('peer', 'call'),
  ) {
    const off = {
      tryTimeoutMs: false,
      totalTimeoutMs: false,
      retry: false,
      limiter: false,
    } as const;
    this.pipeline = new ResiliencePipeline('peer', { ...off, ...options }, this.clock);
    this.#recorder = recorder;
  }

  run<R>(work: Work<undefined, R>, call?: CallOptions): Promise<R> {
    const operation = this.pipeline.bind<undefined, R>(
      'call',
      { idempotent: true },
      this.#recorder,
    );
    return this.pipeline.run(operation, work, undefined, call);
  }
}

/** Executes a call that succeeds or fails, and tells how it ended. */
export async function ending(
  execute: (work: () => Promise<void>) => Promise<unknown>,
  fails: boolean,
): Promise<Ending> {
  let isExecuted = false;
  const work = (): Promise<void> => {
    isExecuted = true;
    return fails ? Promise.reject(RESET) : Promise.resolve();
  };
  try {
    await execute(work);
    return 'served';
  } catch {
    return isExecuted ? 'failed' : 'refused';
  }
}
