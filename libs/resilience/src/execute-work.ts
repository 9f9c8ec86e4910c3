import type { OperationContext, Work } from './operation.js';
import type { PipelineEnvironment } from './pipeline-environment.js';

/** Executes the work of a try: the application's own policies around the staged chaos around the work. */
export function executeWork<A, R>(
  environment: PipelineEnvironment,
  work: Work<A, R>,
  arg: A,
  context: OperationContext,
): R | PromiseLike<R> {
  const { chaos, policies } = environment;
  if (policies.length > 0) return executeInPolicies(environment, work, arg, context);
  return chaos?.isArmed ? chaos.run(work, arg, context) : work(arg, context);
}

function executeInPolicies<A, R>(
  { chaos, policies }: PipelineEnvironment,
  work: Work<A, R>,
  arg: A,
  context: OperationContext,
): R | PromiseLike<R> {
  const innermost = (): R | PromiseLike<R> =>
    chaos?.isArmed ? chaos.run(work, arg, context) : work(arg, context);
  const composed = policies.reduceRight(
    (inner, policy) => () => policy.execute(() => inner(), context.signal),
    innermost,
  );
  return composed();
}
