import type { Fallback, OperationContext, OperationOptions } from '../operation.js';
import { PipelineOptionsError } from '../pipeline-options.error.js';
import type { PipelineOptions } from '../resilience.options.js';
import { binderOf } from './binder-of.js';
import { pipelineOf } from './class-pipeline.js';
import type { OperationBinder, RunnableOperation } from './operation-binder.js';
import { ResilientTargetError } from './resilient-target.error.js';
import type { NamedFallback, ResilientOptions } from './resilient.options.js';

/** A method as JavaScript sees it. */
export type AnyMethod = (this: unknown, ...args: unknown[]) => unknown;

type Args = readonly unknown[];

/** A method marked with `@Resilient`: what was declared, and its operations, bound once for each application. */
export class ResilientMethod {
  readonly #method: AnyMethod;
  readonly #options: ResilientOptions;
  readonly #bound = new WeakMap<OperationBinder, Map<string, RunnableOperation>>();
  /** Whose call it is, for the fallback: interceptors see the arguments alone. */
  readonly #objects = new WeakMap<Args, object>();
  /** The operation's name. */
  readonly operation: string;

  constructor(name: string | symbol, method: AnyMethod, options: ResilientOptions) {
    this.#method = method;
    this.#options = options;
    const ownName = typeof name === 'symbol' ? name.description : name;
    this.operation = options.operation ?? (ownName || 'anonymous');
  }

  /** What the method says of its resource's pipeline. */
  get pipeline(): PipelineOptions | undefined {
    return this.#options.pipeline;
  }

  /** The resource of the method in a class of this name. */
  resourceOf(className: string): string {
    return this.#options.resource ?? className;
  }

  /** Runs one call. Whatever goes wrong, the promise tells. */
  async call(self: unknown, args: Args): Promise<unknown> {
    if ((typeof self !== 'object' && typeof self !== 'function') || self === null) {
      throw this.#misused('it was called without its object; call it as object.method().');
    }
    const operation = this.#operationOf(self);
    const signal = this.#callersSignal(args);
    if (this.#options.fallback !== undefined) this.#objects.set(args, self);
    return operation.run(
      (given, context) => this.#method.apply(self, this.#argsOfTry(given, context)),
      args,
      signal && { signal },
    );
  }

  #operationOf(self: object): RunnableOperation {
    const binder = binderOf(self);
    const className = classNameOf(self);
    let bound = this.#bound.get(binder);
    if (!bound) this.#bound.set(binder, (bound = new Map<string, RunnableOperation>()));
    let operation = bound.get(className);
    if (!operation) bound.set(className, (operation = this.#bind(binder, self, className)));
    return operation;
  }

  #bind(binder: OperationBinder, self: object, className: string): RunnableOperation {
    const resource = this.resourceOf(className);
    if (resource === '') throw this.#misused('its class has no name; give the option resource.');
    const holder = typeof self === 'function' ? self : (Object.getPrototypeOf(self) as object);
    const pipeline = pipelineOf(holder, resource, className, this);
    const options = { ...limitsOf(this.#options), fallback: this.#fallbacksOf(self) };
    return binder.bindOperation(resource, this.operation, options, pipeline);
  }

  #fallbacksOf(self: object): Fallback<Args, unknown>[] {
    const { fallback = [] } = this.#options;
    return [fallback].flat().map((given: NamedFallback<unknown[], unknown>) => {
      if (typeof given !== 'function') requireMethod(self, given);
      return (error, args) => {
        const object = this.#objects.get(args) as object;
        const chosen = typeof given === 'function' ? given : methodOf(object, given);
        return (chosen as AnyMethod).apply(object, [error, ...args]);
      };
    });
  }

  #callersSignal(args: Args): AbortSignal | undefined {
    const { signalParameter } = this.#options;
    const given = signalParameter === undefined ? undefined : args[signalParameter];
    if (given == null) return undefined;
    if (isAbortSignal(given)) return given;
    throw this.#misused(`argument ${signalParameter} must be an AbortSignal, or be left out.`);
  }

  #argsOfTry(args: Args, context: OperationContext): unknown[] {
    const { signalParameter } = this.#options;
    const ofTry = [...args];
    if (signalParameter !== undefined) ofTry[signalParameter] = context.signal;
    return ofTry;
  }

  #misused(problem: string): ResilientTargetError {
    return new ResilientTargetError(this.operation, problem);
  }
}

/** The options that are the operation's. */
export function limitsOf(options: ResilientOptions): OperationOptions<readonly unknown[]> {
  const { idempotent, tryTimeoutMs, totalTimeoutMs, maxTries, limiter } = options;
  const limits = { idempotent, tryTimeoutMs, totalTimeoutMs, maxTries, limiter };
  return Object.fromEntries(Object.entries(limits).filter(([, value]) => value !== undefined));
}

function requireMethod(self: object, name: string | symbol): void {
  if (typeof methodOf(self, name) === 'function') return;
  const allowed = `a function or the name of a method of ${classNameOf(self)}`;
  throw new PipelineOptionsError('fallback', String(name), allowed);
}

function methodOf(self: object, name: string | symbol): unknown {
  return (self as Record<string | symbol, unknown>)[name];
}

/** @returns `''` where there is no class, or one without a name */
function classNameOf(self: object): string {
  if (typeof self === 'function') return self.name;
  const { constructor } = self as { readonly constructor?: unknown };
  return typeof constructor === 'function' ? constructor.name : '';
}

/** Not by class: test runners give each file globals of its own. */
function isAbortSignal(value: unknown): value is AbortSignal {
  return typeof value === 'object' && value !== null && 'aborted' in value && 'onabort' in value;
}
