import {
  context,
  SpanStatusCode,
  trace,
  type Context,
  type Span,
  type Tracer,
} from '@opentelemetry/api';
import type { Classification, ListenerErrors } from 'nestjs-mainstay/resilience';
import type { AroundTry, OperationCallHandler } from 'nestjs-mainstay/resource';
import { ATTRIBUTES } from './attributes.js';
import type { OperationSubject } from './operation-subjects.js';

/**
 * The span of one call. It covers the whole call as its caller sees it, with all retries, which are events of it: so the
 * conventions for databases have it. What is active where the call is made is its parent; in the work of each try it is
 * active itself, so that what a driver emits becomes its child.
 * @see https://opentelemetry.io/docs/specs/semconv/db/database-spans/
 */
export class OperationSpan {
  readonly #span: Span;
  readonly #context: Context;

  constructor(tracer: Tracer, { spanName, kind, attributes }: OperationSubject) {
    const parent = context.active();
    this.#span = tracer.startSpan(spanName, { kind, attributes }, parent);
    this.#context = trace.setSpan(parent, this.#span);
  }

  /** Goes on with the call, inside of the span. @param errors told of what the span throws */
  run(next: OperationCallHandler, errors: ListenerErrors): Promise<unknown> {
    // A retry may begin on a timer that other calls share: each try is told anew where it belongs.
    const around: AroundTry = ({ tryNumber }, execute) => {
      if (tryNumber > 1) errors.guard('Adding a retry', () => this.#addRetry(tryNumber));
      return context.with(this.#context, execute);
    };
    return context.with(this.#context, () => next.handle(around));
  }

  /** The call has ended. @param error what detection says of its error; absent when it succeeded */
  end(error?: Classification): void {
    if (error) {
      this.#span.setAttribute(ATTRIBUTES.errorType, error.type);
      // Who gives a call up has not found an error. The type only: messages hold keys, paths and statements.
      if (error.kind !== 'cancelled') {
        this.#span.setStatus({ code: SpanStatusCode.ERROR, message: error.type });
      }
    }
    this.#span.end();
  }

  #addRetry(tryNumber: number): void {
    this.#span.addEvent('retry', { [ATTRIBUTES.tryNumber]: tryNumber });
  }
}
