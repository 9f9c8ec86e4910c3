export { describeCacheStore, type CacheStoreSubject } from './cache-store-conformance.js';
export type { TestRunner } from './conformance/test-runner.js';
export { describeSharedStore, type SharedStoreSubject } from './shared-store-conformance.js';
export type { FakeCacheOptions } from './fake-backend.js';
export { FakeCache } from './fake-cache.js';
