import type { ConfigReader } from '../config-reader.js';
import type { Environment } from '../environment.js';
import { findNearNames, type NearName } from '../near-names.js';
import type { ConfigViolation } from '../violation.js';

/** What misspelt variables amount to. */
export interface NearNameJudgement {
  /** The right variable is unset. */
  readonly violations: readonly ConfigViolation[];
  /** The right variable is set too, or given in code. */
  readonly warnings: readonly string[];
}

/**
 * Looks for misspelt variables among those that are set.
 * @param readers for whom; what awaits overrides is judged when they have arrived
 * @param known every variable that anybody reads: none of them is misspelt
 */
export function judgeNearNames(
  readers: readonly ConfigReader[],
  known: readonly string[],
  environment: Environment,
): NearNameJudgement {
  const violations: ConfigViolation[] = [];
  const warnings: string[] = [];
  for (const near of findNearNames(environment.names, known)) {
    const reader = readers.find(({ variable }) => variable === near.meant);
    if (reader === undefined || reader.request.awaitsOverrides) continue;
    if (isSet(reader, environment)) warnings.push(formatNearName(near));
    else violations.push(describeNearName(near, reader.key.allowed));
  }
  return { violations, warnings };
}

function isSet({ variable, request, key }: ConfigReader, environment: Environment): boolean {
  return environment.get(variable) !== undefined || request.override(key.name) !== undefined;
}

function describeNearName({ found, meant }: NearName, allowed: string): ConfigViolation {
  return {
    variable: meant,
    found: `nothing; but ${found} is set, which nobody reads`,
    allowed,
    fix: `rename ${found} to ${meant}; if it is meant for something else, set ${meant} as well`,
  };
}

function formatNearName({ found, meant }: NearName): string {
  return `${found} is set, but nobody reads it; ${meant} is read, and has a value. Remove ${found} if it is a slip.`;
}
