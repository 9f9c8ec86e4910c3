import type { ConfigReader } from '../config-reader.js';
import type { ConfigViolation } from '../violation.js';

/** Finds variables that are read as two things: `STORAGE_FALLBACK_URL` beside an instance named `fallback`. */
export function describeConflicts(readers: readonly ConfigReader[]): readonly ConfigViolation[] {
  const first = new Map<string, string>();
  return readers.flatMap(({ variable, request, key }) => {
    const reader = `"${key.name}" of ${request.label}`;
    const other = first.get(variable) ?? reader;
    first.set(variable, other);
    return other === reader ? [] : [describeConflict(variable, other, reader)];
  });
}

function describeConflict(variable: string, first: string, second: string): ConfigViolation {
  return {
    variable,
    found: `two readers: ${first} and ${second}`,
    allowed: 'one reader for each variable',
    fix: 'give the named instance another name',
  };
}
