import { Inject, Optional } from '@nestjs/common';
import { standInFor } from 'nestjs-mainstay/common';
import { Operations } from './operations.js';

const OPERATIONS = Symbol('nestjs-mainstay.operations');

type Method = (this: { [OPERATIONS]?: Operations }, ...args: unknown[]) => unknown;

/**
 * Records a method of any provider or controller as an operation of the application (attempt, success, failure,
 * duration), seen by the interceptors. The method returns a promise. Without ResourceModule it is a plain call.
 *
 * @param label the operation's name; @default `Class.method`
 * @example
 * \@Operation('import-orders')
 * async importOrders(file: string) { … }
 */
export function Operation(label?: string): MethodDecorator {
  return (target, propertyKey, descriptor) => {
    Inject(Operations)(target, OPERATIONS);
    Optional()(target, OPERATIONS);
    const method = descriptor as PropertyDescriptor;
    const name = label ?? `${target.constructor.name}.${String(propertyKey)}`;
    const original = method.value as Method;
    method.value = standInFor(
      original,
      function (this: ThisParameterType<Method>, ...args: unknown[]) {
        const operations = this[OPERATIONS];
        const call = (): unknown => original.apply(this, args);
        return operations ? operations.runMarked(name, call) : call();
      },
    );
  };
}
