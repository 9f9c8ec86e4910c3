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

/** What a policy gives the work; one in JavaScript may give less than it should. */
interface Given {
  readonly signal?: AbortSignal;
}

function executeInPolicies<A, R>(
  { chaos, policies }: PipelineEnvironment,
  work: Work<A, R>,
  arg: A,
  context: OperationContext,
): R | PromiseLike<R> {
  const innermost = (signal: AbortSignal): R | PromiseLike<R> => {
    const own = signal === context.signal ? context : withSignal(context, signal);
    return chaos?.isArmed ? chaos.run(work, arg, own) : work(arg, own);
  };
  const composed = policies.reduceRight(
    (inner, policy) => (signal: AbortSignal) =>
      policy.execute((given?: Given) => inner(given?.signal ?? signal), signal),
    innermost,
  );
  return composed(context.signal);
}

/** A policy may have a reason of its own to abort. */
function withSignal(context: OperationContext, signal: AbortSignal): OperationContext {
  const { resource, operation, tryNumber, startedAt } = context;
  return { resource, operation, tryNumber, startedAt, signal };
}
