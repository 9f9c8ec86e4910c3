import { describe, expect, it } from 'vitest';
import { countTests } from '../../../scripts/test-report.mjs';

const PASSED = { status: 'passed', fullName: 'works', failureMessages: [] };
const FAILED = {
  status: 'failed',
  fullName: 'cache gives what was set',
  failureMessages: ['AssertionError: expected null to be 1\n    at cache.spec.ts:7:3'],
};

function fileOf(name: string, status: string, assertionResults: object[], message = '') {
  return { name, status, message, assertionResults } as never;
}

function reportOf(passed: number, failed: number, testResults: never[]) {
  return {
    success: failed === 0,
    numPassedTests: passed,
    numFailedTests: failed,
    numPendingTests: 0,
    numTodoTests: 0,
    numTotalTests: passed + failed,
    testResults,
  };
}

describe('countTests', () => {
  it('names nothing when all tests passed', () => {
    const report = reportOf(1, 0, [fileOf('a.spec.ts', 'passed', [PASSED])]);
    expect(countTests(report, true)).toEqual({
      passed: 1,
      failed: 0,
      skipped: 0,
      failures: [],
      unstable: [],
    });
  });

  it('names each failed test with the first line of its error', () => {
    const report = reportOf(1, 1, [fileOf('a.spec.ts', 'failed', [PASSED, FAILED])]);
    expect(countTests(report, false)).toMatchObject({
      failed: 1,
      failures: ['a.spec.ts: cache gives what was set: AssertionError: expected null to be 1'],
    });
  });

  it('names each test that passed only when it was run again', () => {
    const again = { ...FAILED, status: 'passed' };
    const report = reportOf(2, 0, [fileOf('a.spec.ts', 'passed', [PASSED, again])]);
    expect(countTests(report, true)).toMatchObject({
      failed: 0,
      failures: [],
      unstable: ['a.spec.ts: cache gives what was set: AssertionError: expected null to be 1'],
    });
  });

  it('names a file that did not load', () => {
    const report = reportOf(0, 0, [fileOf('a.spec.ts', 'failed', [], 'Cannot find package "x"\n')]);
    expect(countTests(report, false)).toMatchObject({
      failed: 1,
      failures: ['a.spec.ts: did not load: Cannot find package "x"'],
    });
  });

  it('counts a run that failed without a failed test, and a run without tests, as failed', () => {
    const passed = reportOf(1, 0, [fileOf('a.spec.ts', 'passed', [PASSED])]);
    expect(countTests(passed, false)).toMatchObject({
      failed: 1,
      failures: [expect.stringContaining('outside the tests')],
    });
    expect(countTests(reportOf(0, 0, []), true)).toMatchObject({ failed: 1 });
  });
});
