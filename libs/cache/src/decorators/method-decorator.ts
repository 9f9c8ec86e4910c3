/**
 * Decorates a method whose parameters begin with `Args`: the compiler refuses a key function that does not fit the
 * method.
 */
export type MethodDecoratorFor<Args extends readonly unknown[]> = <
  Method extends (...args: never[]) => unknown,
>(
  target: object,
  propertyKey: string | symbol,
  descriptor: Parameters<Method> extends readonly [...Args, ...unknown[]]
    ? TypedPropertyDescriptor<Method>
    : never,
) => void;
