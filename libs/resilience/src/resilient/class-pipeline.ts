import { isDeepStrictEqual } from 'node:util';
import { PipelineOptionsError } from '../pipeline-options.error.js';
import type { PipelineOptions } from '../resilience.options.js';
import { markedMethods } from './marked-methods.js';
import type { ResilientMethod } from './resilient-method.js';

/**
 * The options of a resource's pipeline, from whichever method of a class gives them.
 * @param holder what has the methods: the prototype, or for static methods the class
 * @throws PipelineOptionsError when two methods give different ones
 */
export function pipelineOf(
  holder: object,
  resource: string,
  className: string,
  own: ResilientMethod,
): PipelineOptions | undefined {
  let giver: ResilientMethod | undefined;
  for (const method of new Set([own, ...markedMethods(holder)])) {
    if (!method.pipeline || method.resourceOf(className) !== resource) continue;
    giver ??= method;
    if (isDeepStrictEqual(giver.pipeline, method.pipeline)) continue;
    throw new PipelineOptionsError(
      'pipeline',
      `given differently by ${giver.operation} and ${method.operation}`,
      `the same for all methods of the resource "${resource}"`,
    );
  }
  return giver?.pipeline;
}
