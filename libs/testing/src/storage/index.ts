export { diskConformance } from './disk-conformance.js';
export { FakeStorage, type FakeStorageOptions } from './fake-storage.js';
export type { TestRunner } from './test-runner.js';
