export type {
  ContractDependency,
  ContractOperation,
  ContractVariation,
  ModuleContractSubject,
} from './contract-subject.js';
export { describeModuleContract } from './module-contract.js';
export type { TestRunner } from '../storage/test-runner.js';
