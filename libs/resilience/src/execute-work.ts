import type { OperationContext, Work } from './operation.js';
import type { PipelineEnvironment } from './pipeline-environment.js';

/** Executes the work of a try: the application's own policies around the staged chaos around the work. */
export function executeWork<A, R>(
  { chaos, policies }: PipelineEnvironment,
  work: Work<A, R>,
  arg: A,
  context: OperationContext,
): R | PromiseLike<R> {
  const execute = (): R | PromiseLike<R> =>
    chaos?.isArmed ? chaos.run(work, arg, context) : work(arg, context);
  if (policies.length === 0) return execute();
  const composed = policies.reduceRight<() => R | PromiseLike<R>>(
    (inner, policy) => () => policy.execute(() => inner(), context.signal),
    execute,
  );
  return composed();
}
