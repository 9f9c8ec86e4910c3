import { existsSync, readFileSync, rmSync } from 'node:fs';

import { root } from './root.mjs';

/** @typedef {{ passed: number, failed: number, skipped: number }} Counts */

const file = 'build/test-report.json';

/** The arguments that make vitest write its counts beside its usual output. */
export const reporterArguments = [
  '--reporter=default',
  '--reporter=json',
  `--outputFile.json=${file}`,
];

/** Drops the report of an earlier run, so that it cannot be taken for this one's. */
export function dropTestReport() {
  rmSync(root + file, { force: true });
}

/**
 * The counts of the last test run.
 * A run that failed without one failed test (a file that did not load, an unhandled error) counts as one failure.
 * @param {boolean} succeeded whether the test command said so
 * @returns {Counts}
 */
export function readTestReport(succeeded) {
  if (!existsSync(root + file)) return { passed: 0, failed: 1, skipped: 0 };
  const report = JSON.parse(readFileSync(root + file, 'utf8'));
  const failed = Math.max(report.numFailedTests, succeeded && report.success ? 0 : 1);
  return {
    passed: report.numPassedTests,
    failed: report.numTotalTests === 0 ? Math.max(failed, 1) : failed,
    skipped: report.numPendingTests + report.numTodoTests,
  };
}
