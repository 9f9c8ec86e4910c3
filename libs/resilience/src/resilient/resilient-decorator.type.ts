/** A method that `@Resilient` may mark: it returns a promise, since its calls do. */
type AsyncMethod = (...args: never[]) => PromiseLike<unknown>;

/** No demand where the fallback can stand in for the method; otherwise what the compiler says. */
type FallbackFits<Method extends AsyncMethod, A extends unknown[], R> = ((
  ...args: A
) => R) extends (...args: Parameters<Method>) => Awaited<ReturnType<Method>>
  ? unknown
  : FallbackMismatch;

interface FallbackMismatch {
  readonly 'the fallback must take the parameters of the method, and give what the method gives': never;
}

/** What `Resilient(…)` gives: a decorator of methods, both TypeScript's legacy kind and the standard one. */
export interface ResilientDecorator<A extends unknown[], R> {
  <Method extends AsyncMethod>(
    target: object,
    key: string | symbol,
    descriptor: TypedPropertyDescriptor<Method> & FallbackFits<Method, A, R>,
  ): void;
  <Method extends AsyncMethod>(
    method: Method & FallbackFits<Method, A, R>,
    context: ClassMethodDecoratorContext,
  ): Method;
}
