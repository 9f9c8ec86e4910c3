import { existsSync, readFileSync, rmSync } from 'node:fs';

import { root } from './root.mjs';

/** @typedef {{ passed: number, failed: number, skipped: number }} Counts */
/**
 * The counts, which tests failed and why, and which failed and passed when they were run again.
 * @typedef {Counts & { failures: readonly string[], unstable: readonly string[] }} TestCounts
 */

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

const reportFile = 'build/test-report.json';
const OUTSIDE = 'an error outside the tests, or none was found: see the output above';
/** Longest line about one failure. */
const MAX_LENGTH = 500;

/** The arguments that make vitest write its counts beside its usual output. */
export const reporterArguments = [
  '--reporter=default',
  '--reporter=json',
  `--outputFile.json=${reportFile}`,
];

/** Drops the report of an earlier run, so that it cannot be taken for this one's. */
export function dropTestReport() {
  rmSync(root + reportFile, { force: true });
}

/**
 * The counts of the last test run.
 * @param {boolean} succeeded whether the test command said so
 * @returns {TestCounts}
 */
export function readTestReport(succeeded) {
  if (!existsSync(root + reportFile)) {
    return { passed: 0, failed: 1, skipped: 0, failures: ['no report was written'], unstable: [] };
  }
  return countTests(JSON.parse(readFileSync(root + reportFile, 'utf8')), succeeded);
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
  const unstable = report.testResults.flatMap(describeUnstable);
  const failed = Math.max(report.numFailedTests, succeeded && report.success ? 0 : 1);
  return {
    passed: report.numPassedTests,
    failed: report.numTotalTests === 0 ? Math.max(failed, 1) : failed,
    skipped: report.numPendingTests + report.numTodoTests,
    failures: failures.length === 0 && failed > 0 ? [OUTSIDE] : failures,
    unstable,
  };
}

/** @param {FileReport} file */
function describeFailures(file) {
  const failures = describeTests(file, ({ status }) => status === 'failed');
  const didNotLoad = failures.length === 0 && file.status === 'failed';
  return didNotLoad ? [describe(file.name, 'did not load', file.message)] : failures;
}

/** @param {FileReport} file */
function describeUnstable(file) {
  const isUnstable = (/** @type {TestResult} */ { status, failureMessages }) =>
    status === 'passed' && failureMessages.length > 0;
  return describeTests(file, isUnstable);
}

/**
 * @param {FileReport} file
 * @param {(test: TestResult) => boolean} isMeant
 */
function describeTests({ name, assertionResults }, isMeant) {
  return assertionResults
    .filter(isMeant)
    .map((one) => describe(name, one.fullName, one.failureMessages.join('\n')));
}

/**
 * @param {string} file
 * @param {string} test
 * @param {string} message whose first line says enough here
 */
function describe(file, test, message) {
  return `${file.replace(root, '')}: ${test}: ${message.split('\n', 1)[0]}`.slice(0, MAX_LENGTH);
}
