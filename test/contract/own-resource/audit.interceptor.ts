import { Injectable } from '@nestjs/common';
import type {
  OperationCallHandler,
  OperationExecutionContext,
  OperationInterceptor,
} from 'nestjs-mainstay/resource';

/** Sees every operation of every resource, once per call, whatever the number of tries. */
@Injectable()
export class AuditInterceptor implements OperationInterceptor {
  readonly trail: string[] = [];

  async intercept(
    context: OperationExecutionContext,
    next: OperationCallHandler,
  ): Promise<unknown> {
    const result = await next.handle();
    this.trail.push(`${context.resource}.${context.operation}: ${String(result)}`);
    return result;
  }
}
