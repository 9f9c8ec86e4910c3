import type { Tracer } from '@opentelemetry/api';
import type { Clock } from 'nestjs-mainstay/common';
import { ListenerErrors, type Classification } from 'nestjs-mainstay/resilience';
import type {
  OperationCallHandler,
  OperationExecutionContext,
  OperationInterceptor,
} from 'nestjs-mainstay/resource';
import type { OperationDurations } from './operation-durations.js';
import { OperationSpan } from './operation-span.js';
import type { OperationSubject, OperationSubjects } from './operation-subjects.js';

/** What a {@link TelemetryInterceptor} works with. */
export interface TelemetryInterceptorParts {
  readonly clock: Clock;
  readonly subjects: OperationSubjects;
  readonly tracer: Tracer | undefined;
  readonly durations: OperationDurations | undefined;
}

/** Gives each call its span and its time. What the SDK throws changes nothing. */
export class TelemetryInterceptor implements OperationInterceptor {
  readonly #parts: TelemetryInterceptorParts;
  readonly #errors = new ListenerErrors('OpenTelemetry');

  constructor(parts: TelemetryInterceptorParts) {
    this.#parts = parts;
  }

  async intercept(call: OperationExecutionContext, next: OperationCallHandler): Promise<unknown> {
    const { clock, subjects } = this.#parts;
    const subject = subjects.of(call.resource, call.operation);
    const startedAt = clock.now();
    const span = this.#startSpan(subject);
    let result: unknown;
    try {
      result = await (span ? span.run(next, this.#errors) : next.handle());
    } catch (error) {
      this.#end(subject, span, clock.now() - startedAt, call.classify(error));
      throw error;
    }
    this.#end(subject, span, clock.now() - startedAt);
    return result;
  }

  #startSpan(subject: OperationSubject): OperationSpan | undefined {
    const { tracer } = this.#parts;
    if (!tracer) return undefined;
    try {
      return new OperationSpan(tracer, subject);
    } catch (error) {
      this.#errors.report('Starting a span', error);
      return undefined;
    }
  }

  #end(
    subject: OperationSubject,
    span: OperationSpan | undefined,
    durationMs: number,
    error?: Classification,
  ): void {
    this.#errors.guard('Recording a duration', () =>
      this.#parts.durations?.record(subject, durationMs, error),
    );
    this.#errors.guard('Ending a span', () => span?.end(error));
  }
}
