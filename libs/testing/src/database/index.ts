export { DatabaseTestModule } from './database-test.module.js';
export { FakeDatabase } from './fake-database.js';
export type { FakeDatabaseOptions } from './test-database-modules.js';
