import type { ConfigViolation } from '../violation.js';

/** Writes violations as the report that is logged at boot. */
export function formatReport(violations: readonly ConfigViolation[]): string {
  const problems = violations.length === 1 ? '1 problem' : `${violations.length} problems`;
  const items = violations.map(
    ({ variable, found, allowed, fix }, index) =>
      `${index + 1}. ${variable}\n   found:   ${found}\n   allowed: ${allowed}\n   fix:     ${fix}`,
  );
  return `The configuration has ${problems}:\n\n${items.join('\n\n')}\n`;
}
