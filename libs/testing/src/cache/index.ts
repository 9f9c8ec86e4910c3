export {
  describeCacheStore,
  type CacheStoreSubject,
  type TestRunner,
} from './cache-store-conformance.js';
export type { FakeCacheOptions } from './fake-backend.js';
export { FakeCache } from './fake-cache.js';
