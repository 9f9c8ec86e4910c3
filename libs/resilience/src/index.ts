export type { CallObserver } from './call-observer.js';
export { CircuitBreaker } from './circuit-breaker.js';
export type { CircuitPermit } from './circuit-leases.js';
export type {
  CircuitReason,
  CircuitState,
  CircuitStatus,
  CircuitTransition,
} from './circuit-transition.js';
export type { CustomPolicy } from './custom-policy.js';
export { ChaosRefusedError } from './chaos/chaos-refused.error.js';
export { requireChaosAllowed, type ChaosEnvironment } from './chaos/chaos-permission.js';
export type { ChaosCall, ChaosStage } from './chaos/chaos-stage.js';
export { ChaosStages } from './chaos/chaos-stages.js';
export { CHAOS, type Chaos } from './chaos/chaos.js';
export { StagedChaos, type ChaosHandle, type StagedChaosOptions } from './chaos/staged-chaos.js';
export { CircuitOpenError } from './circuit-open.error.js';
export {
  isFailureOfDependency,
  isKnownFailure,
  type Classification,
  type ClassifiedError,
  type ErrorKind,
  type PermanentReason,
} from './classification.js';
export type { DatabaseCondition, DatabaseFinding } from './detection/database/code-meaning.js';
export { detectMysqlError, findMysqlError } from './detection/database/mysql-errors.js';
export {
  detectPostgresError,
  endsSession,
  findPostgresError,
  sqlStateOf,
} from './detection/database/postgres-errors.js';
export { detectSqliteError, findSqliteError } from './detection/database/sqlite-errors.js';
export { type DetectionRule } from './detection/detection-rule.js';
export { detectHttpError } from './detection/http/http-errors.js';
export { detectUndiciError } from './detection/http/undici-errors.js';
export { detectFilesystemError } from './detection/node/filesystem-errors.js';
export { detectSocketError } from './detection/node/socket-errors.js';
export { detectTlsError } from './detection/node/tls-errors.js';
export { detectRedisError, redisReplyCodeOf } from './detection/redis/redis-errors.js';
export { detectS3Error } from './detection/s3/s3-errors.js';
export { ErrorDetector } from './error-detector.js';
export { FALLBACK_ERROR } from './fallback-error.js';
export { GuardedLogger } from './guarded-logger.js';
export { guardRecorder } from './guarded-recorder.js';
export type { LimiterOptions } from './limiter.js';
export { LimiterFullError } from './limiter-full.error.js';
export { ListenerErrors } from './listener-errors.js';
export { NoopRecorder } from './noop-recorder.js';
export { OperationCancelledError, type CancellationReason } from './operation-cancelled.error.js';
export {
  OPERATION_RECORDER,
  type BoundRecorder,
  type OperationRecorder,
  type OperationStatus,
  type RecoveryOutcome,
  type RetryEnd,
} from './operation-recorder.js';
export { OperationTimeoutError } from './operation-timeout.error.js';
export type {
  BoundOperationSpec,
  CallOptions,
  Fallback,
  OperationContext,
  OperationOptions,
  Work,
} from './operation.js';
export { PipelineOptionsError } from './pipeline-options.error.js';
export type { LimiterStatus, PipelineStatus } from './pipeline-status.js';
export { pipelinePresets, type PipelinePreset } from './pipeline-presets.js';
export { useOperationBinder } from './resilient/binder-of.js';
export { OperationBinder, type RunnableOperation } from './resilient/operation-binder.js';
export { PipelineBinder } from './resilient/pipeline-binder.js';
export type { ResilientDecorator } from './resilient/resilient-decorator.type.js';
export { ResilientTargetError } from './resilient/resilient-target.error.js';
export { Resilient } from './resilient/resilient.decorator.js';
export type { ResilientFallback, ResilientOptions } from './resilient/resilient.options.js';
export { ResiliencePipeline } from './resilience-pipeline.js';
export type { BreakerOptions, PipelineOptions, RetryOptions } from './resilience.options.js';
export type { RetryBudgetOptions, RetryBudgetStatus } from './retry-budget.js';
