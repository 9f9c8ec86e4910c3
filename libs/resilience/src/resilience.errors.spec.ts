import { isMainstayError } from 'nestjs-mainstay/common';
import { describe, expect, it } from 'vitest';
import { CircuitOpenError } from './circuit-open.error.js';
import { OperationCancelledError } from './operation-cancelled.error.js';
import { OperationTimeoutError } from './operation-timeout.error.js';
import { PipelineOptionsError } from './pipeline-options.error.js';

describe('errors of resilience', () => {
  it('CIRCUIT_OPEN says what is not asked and when to come back', () => {
    const error = new CircuitOpenError('cache', 3_500);
    expect(isMainstayError(error, 'CIRCUIT_OPEN')).toBe(true);
    expect(error.message).toBe(
      'cache has failed repeatedly and is not asked for now; try again in 3.5 s.',
    );
    expect(error.context).toEqual({ resource: 'cache', retryAfterMs: 3_500 });
  });

  it('OPERATION_TIMEOUT says what took longer than what', () => {
    const error = new OperationTimeoutError('cache', 'get', 250);
    expect(isMainstayError(error, 'OPERATION_TIMEOUT')).toBe(true);
    expect(error.message).toBe('cache.get did not answer within 250 ms.');
  });

  it('OPERATION_CANCELLED says who gave up', () => {
    const byCaller = new OperationCancelledError('cache', 'get', 'caller');
    const byShutdown = new OperationCancelledError('cache', 'get', 'shutdown');
    expect(isMainstayError(byCaller, 'OPERATION_CANCELLED')).toBe(true);
    expect(byCaller.message).toBe('cache.get was cancelled by its caller.');
    expect(byShutdown.message).toContain('the shutdown of the application');
  });

  it('PIPELINE_OPTIONS_INVALID says what was found and what is allowed', () => {
    const error = new PipelineOptionsError('tryTimeoutMs', -1, 'a number above 0');
    expect(isMainstayError(error, 'PIPELINE_OPTIONS_INVALID')).toBe(true);
    expect(error.message).toBe(
      'The resilience option tryTimeoutMs is -1; it must be a number above 0.',
    );
  });
});
