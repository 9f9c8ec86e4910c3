import { existsSync, readFileSync, rmSync } from 'node:fs';

import { root } from './root.mjs';

/** @typedef {{ passed: number, failed: number, skipped: number }} Counts */
/** @typedef {Counts & { failures: readonly string[] }} TestCounts the counts, and which tests failed and why */

/**
 * @typedef {{ status: string, fullName: string, failureMessages: readonly string[] }} TestResult
 * @typedef {{ name: string, status: string, message: string, assertionResults: readonly TestResult[] }} FileReport
 * @typedef {{
 *   success: boolean,
 *   numPassedTests: number,
 *   numFailedTests: number,
 *   numPendingTests: number,
 *   numTodoTests: number,
 *   numTotalTests: number,
 *   testResults: readonly FileReport[],
 * }} Report
 */

const file = 'build/test-report.json';
const OUTSIDE = 'an error outside the tests, or none was found: see the output above';
/** Longest line about one failure. */
const MAX_LENGTH = 500;

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
 * @param {boolean} succeeded whether the test command said so
 * @returns {TestCounts}
 */
export function readTestReport(succeeded) {
  if (!existsSync(root + file)) {
    return { passed: 0, failed: 1, skipped: 0, failures: ['no report was written'] };
  }
  return countTests(JSON.parse(readFileSync(root + file, 'utf8')), succeeded);
}

/**
 * What a report in Jest's form, which vitest writes, comes to.
 * A run that failed without one failed test (a file that did not load, an unhandled error) counts as one failure.
 * @param {Report} report
 * @param {boolean} succeeded whether the test command said so
 * @returns {TestCounts}
 */
export function countTests(report, succeeded) {
  const failures = report.testResults.flatMap(describeFailures);
  const failed = Math.max(report.numFailedTests, succeeded && report.success ? 0 : 1);
  return {
    passed: report.numPassedTests,
    failed: report.numTotalTests === 0 ? Math.max(failed, 1) : failed,
    skipped: report.numPendingTests + report.numTodoTests,
    failures: failures.length === 0 && failed > 0 ? [OUTSIDE] : failures,
  };
}

/** @param {FileReport} file */
function describeFailures({ name, status, message, assertionResults }) {
  const path = name.replace(root, '');
  const failures = assertionResults
    .filter((one) => one.status === 'failed')
    .map((one) => describe(path, one.fullName, one.failureMessages.join('\n')));
  const didNotLoad = failures.length === 0 && status === 'failed';
  return didNotLoad ? [describe(path, 'did not load', message)] : failures;
}

/**
 * @param {string} path
 * @param {string} test
 * @param {string} message whose first line says enough here
 */
function describe(path, test, message) {
  return `${path}: ${test}: ${message.split('\n', 1)[0]}`.slice(0, MAX_LENGTH);
}
