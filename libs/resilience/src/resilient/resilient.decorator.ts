import { Inject, Optional } from '@nestjs/common';
import { standInFor } from 'nestjs-mainstay/common';
import { PipelineOptionsError } from '../pipeline-options.error.js';
import { BINDER } from './binder-of.js';
import { pipelineOf } from './class-pipeline.js';
import { markMethod } from './marked-methods.js';
import { OperationBinder } from './operation-binder.js';
import { PipelineBinder } from './pipeline-binder.js';
import { limitsOf, ResilientMethod, type AnyMethod } from './resilient-method.js';
import { ResilientTargetError } from './resilient-target.error.js';
import type { ResilientDecorator } from './resilient-decorator.type.js';
import type { ResilientOptions } from './resilient.options.js';

/**
 * Protects a method of any class by a resilience pipeline: retries, breaker, timeouts, fallback. In a Nest application
 * with ResourceModule its calls are recorded and intercepted like all operations, on the application's clock; without
 * Nest each object has pipelines of its own. The method must return a promise. For TypeScript's legacy decorators, which
 * Nest needs, and for standard ones.
 *
 * @throws PipelineOptionsError when options make no sense; ResilientTargetError where no method stands
 * @example
 * \@Resilient({ resource: 'rates', pipeline: pipelinePresets.http, idempotent: true, fallback: 'lastKnown', signalParameter: 1 })
 * async rate(currency: string, signal?: AbortSignal): Promise<number> {
 *   const response = await fetch(`https://rates.example/${currency}`, { signal });
 *   …
 * }
 */
export function Resilient<A extends unknown[] = unknown[], R = never>(
  options: ResilientOptions<A, R> = {},
): ResilientDecorator<A, R> {
  const own = options as unknown as ResilientOptions;
  requirePosition(options.signalParameter);
  // What would be refused at the first call is refused when the class is defined.
  const fallback = [own.fallback ?? []].flat().map(() => () => undefined);
  new PipelineBinder().bindOperation('', '', { ...limitsOf(own), fallback }, own.pipeline);
  const decorate = (target: unknown, key: unknown, descriptor?: PropertyDescriptor): unknown =>
    isStandard(key)
      ? decorateStandard(target, key, own)
      : decorateLegacy(target as object, key as string | symbol, descriptor, own);
  return decorate as ResilientDecorator<A, R>;
}

function requirePosition(position: number | undefined): void {
  if (position === undefined || (Number.isInteger(position) && position >= 0)) return;
  throw new PipelineOptionsError(
    'signalParameter',
    position,
    'the position of a parameter, from 0',
  );
}

type StandardContext = Pick<DecoratorContext, 'kind' | 'name'>;

/** The second argument of a standard decorator is an object; that of a legacy one is the property's name. */
function isStandard(context: unknown): context is StandardContext {
  return typeof context === 'object' && context !== null && 'kind' in context;
}

function decorateStandard(
  value: unknown,
  { kind, name = '' }: StandardContext,
  options: ResilientOptions,
) {
  const label = String(name);
  if (kind !== 'method')
    throw new ResilientTargetError(label, `it marks methods, and this is a ${kind}.`);
  return wrap(name, label, value, options).wrapped;
}

function decorateLegacy(
  target: object,
  key: string | symbol,
  descriptor: PropertyDescriptor | undefined,
  options: ResilientOptions,
): void {
  const isStatic = typeof target === 'function';
  const className = isStatic ? target.name : target.constructor.name;
  const label = `${className}.${String(key)}`;
  if (typeof descriptor?.value !== 'function') {
    const kind = descriptor ? 'an accessor' : 'a property';
    throw new ResilientTargetError(label, `it marks methods, and this is ${kind}.`);
  }
  const { method, wrapped } = wrap(key, label, descriptor.value, options);
  pipelineOf(target, method.resourceOf(className), className, method);
  descriptor.value = wrapped;
  if (isStatic) return;
  Inject(OperationBinder)(target, BINDER);
  Optional()(target, BINDER);
}

function wrap(name: string | symbol, label: string, value: unknown, options: ResilientOptions) {
  if (isGenerator(value)) {
    throw new ResilientTargetError(
      label,
      'a generator has no result to wait for, so that nothing can be retried.',
    );
  }
  const original = value as AnyMethod;
  const method = new ResilientMethod(name, original, options);
  const wrapped = standInFor(original, function (this: unknown, ...args: unknown[]) {
    return method.call(this, args);
  });
  markMethod(wrapped, method);
  return { method, wrapped };
}

function isGenerator(value: unknown): boolean {
  return Object.prototype.toString.call(value).includes('Generator');
}
