/**
 * A policy of the application's own: any object with the `execute` of cockatiel's policies
 * (`wrap(bulkhead(…), …)` and its parts).
 *
 * @example
 * // One request per user at a time, around each try's work.
 * const oneByOne: CustomPolicy = {
 *   execute: (work, signal) => lock.run(() => work({ signal })),
 * };
 * new ResiliencePipeline('payments', { policies: [oneByOne] });
 */
export interface CustomPolicy {
  /**
   * @param work what the policy is around; it may be executed several times, or not at all, and hears of the signal that
   * the policy gives it
   * @param signal aborts when the try is given up; a policy that gives the work another one makes it abort then, too
   */
  execute<R>(
    work: (context: { readonly signal: AbortSignal }) => R | PromiseLike<R>,
    signal?: AbortSignal,
  ): Promise<R>;
}
