import { Module, type DynamicModule } from '@nestjs/common';
import {
  OPERATION_RECORDER,
  type BoundRecorder,
  type CircuitTransition,
  type Classification,
  type OperationRecorder,
  type OperationStatus,
  type RecoveryOutcome,
  type RetryEnd,
} from 'nestjs-mainstay/resilience';

@Module({})
class RecordedCallsModule {}

/**
 * An {@link OperationRecorder} that keeps what it was told as readable lines, for tests that assert the exact calls:
 * `'cache.get attempt'`, `'cache.get hit'`, `'cache.set failure ECONNREFUSED'`, `'cache step: test connection passed'`.
 *
 * @example
 * const recorded = new RecordedCalls();
 * Test.createTestingModule({ imports: [recorded.asModule(), CacheModule.forRoot()] });
 */
export class RecordedCalls implements OperationRecorder {
  readonly #calls: string[] = [];

  /** All lines so far, in order. */
  get calls(): readonly string[] {
    return this.#calls;
  }

  /** The lines that begin with `prefix`. */
  of(prefix: string): readonly string[] {
    return this.#calls.filter((call) => call.startsWith(prefix));
  }

  /** Forgets all lines. */
  clear(): void {
    this.#calls.length = 0;
  }

  /** A global module that makes this the recorder of an application without StatusModule. */
  asModule(): DynamicModule {
    return {
      module: RecordedCallsModule,
      global: true,
      providers: [{ provide: OPERATION_RECORDER, useValue: this }],
      exports: [OPERATION_RECORDER],
    };
  }

  bind(resource: string, operation: string): BoundRecorder {
    return new RecordedOperation(resource, operation, (call) => this.#calls.push(call));
  }

  recordStep(resource: string, step: string, _durationMs: number, error?: Classification): void {
    this.#calls.push(`${resource} step: ${step} ${error ? `failed ${error.type}` : 'passed'}`);
  }

  recordInitialization(resource: string, succeeded: boolean): void {
    this.#calls.push(`${resource} initialization ${succeeded ? 'succeeded' : 'failed'}`);
  }

  recordTransition({ resource, from, to, reason }: CircuitTransition): void {
    this.#calls.push(`${resource} circuit: ${from} to ${to} (${reason})`);
  }
}

type Counts = { -readonly [Key in keyof OperationStatus]: OperationStatus[Key] };

class RecordedOperation implements BoundRecorder {
  readonly #label: string;
  readonly #add: (call: string) => void;
  readonly #counts: Counts;

  constructor(resource: string, operation: string, add: (call: string) => void) {
    this.#label = `${resource}.${operation}`;
    this.#add = add;
    const counts = { attempts: 0, successes: 0, failures: 0, rejections: 0, cancellations: 0 };
    this.#counts = { resource, operation, ...counts, active: 0 };
  }

  recordAttempt(): void {
    this.#counts.attempts++;
    this.#counts.active++;
    this.#add(`${this.#label} attempt`);
  }

  recordSuccess(): void {
    this.#end('successes', 'success');
  }

  recordHit(): void {
    this.#end('successes', 'hit');
  }

  recordMiss(): void {
    this.#end('successes', 'miss');
  }

  recordFailure(_durationMs: number, error: Classification): void {
    this.#end('failures', `failure ${error.type}`);
  }

  recordRejected(_durationMs: number, error: Classification): void {
    this.#end('rejections', `rejected ${error.type}`);
  }

  recordCancelled(): void {
    this.#end('cancellations', 'cancelled');
  }

  recordTry(_durationMs: number, error?: Classification): void {
    this.#add(`${this.#label} try ${error ? `failed ${error.type}` : 'passed'}`);
  }

  recordAnswer(isHit?: boolean): void {
    this.recordAttempt();
    if (isHit === undefined) this.recordSuccess();
    else if (isHit) this.recordHit();
    else this.recordMiss();
  }

  recordOutcome(
    outcome: RecoveryOutcome,
    tries: number,
    _recoveryMs: number,
    reason?: RetryEnd,
  ): void {
    const isPlain = reason === undefined || reason === 'tries-spent' || reason === 'not-retryable';
    const why = isPlain ? '' : ` (${reason})`;
    this.#add(`${this.#label} outcome ${outcome} after ${tries}${why}`);
  }

  recordFallback(succeeded: boolean): void {
    this.#add(`${this.#label} fallback ${succeeded ? 'answered' : 'failed'}`);
  }

  status(): OperationStatus {
    return { ...this.#counts };
  }

  #end(count: 'successes' | 'failures' | 'rejections' | 'cancellations', line: string): void {
    this.#counts[count]++;
    this.#counts.active--;
    this.#add(`${this.#label} ${line}`);
  }
}
