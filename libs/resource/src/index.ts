export type { BindOptions } from './bind-options.js';
export { BoundOperation, type Look } from './bound-operation.js';
export type { InitializationStep, StepReport } from './initialization-step.js';
export { Operation } from './operation.decorator.js';
export { OPERATION_CHANNEL, type OperationMessage } from './operation-channel.js';
export {
  BRIDGE_INTERCEPTORS,
  OPERATION_INTERCEPTORS,
  type AroundTry,
  type OperationCallHandler,
  type OperationExecutionContext,
  type OperationInterceptor,
} from './operation-interceptor.js';
export { Operations } from './operations.js';
export type { ProbeResult } from './probe-result.js';
export type { ResourceMetric } from './resource-metric.js';
export { provideService, type ServiceBlueprint } from './provide-service.js';
export { RecordingInterceptor } from './recording-interceptor.js';
export { ResourceInitializer } from './resource-initializer.js';
export { ResourceOperations } from './resource-operations.js';
export { ResourceRegistry, type ResourceEntry, type ResourcePhase } from './resource-registry.js';
export {
  DuplicateResourceError,
  InitializationCancelledError,
  InitializationTimeoutError,
  ResourceCloseTimeoutError,
  ResourceUnavailableError,
  UnknownResourceError,
} from './resource.errors.js';
export { ResourceModule, type ResourceModuleOptions } from './resource.module.js';
export { Resource, type BootPolicy, type Criticality } from './resource.js';
export {
  CIRCUIT_CHANNEL,
  INITIALIZATION_CHANNEL,
  type CircuitMessage,
  type InitializationMessage,
} from './state-channels.js';
