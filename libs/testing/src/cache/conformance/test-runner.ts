/** The two functions that every test runner has: Vitest, Jest, Mocha, node:test. */
export interface TestRunner {
  readonly describe: (name: string, tests: () => void) => unknown;
  readonly it: (name: string, test: () => Promise<void>) => unknown;
}
