import { inspect } from 'node:util';
import { MainstayError } from './mainstay-error.js';

/**
 * An optional peer dependency that the chosen configuration needs is not installed. Its `stack` is its message, and it
 * inspects as its message, so that Nest prints what to do and no trace.
 */
export class MissingPeerError extends MainstayError<'MISSING_PEER'> {
  readonly code = 'MISSING_PEER';

  /** What error detection needs to know: installing the package is the only cure. */
  readonly classification = {
    kind: 'permanent',
    type: 'MISSING_PEER',
    reason: 'configuration',
  } as const;

  /** @param together packages that the same feature needs, so that one command installs them all */
  constructor(packageName: string, neededBy: string, together: readonly string[] = []) {
    // Which of several is found missing first is chance; the command is the same.
    const packages = together.includes(packageName) ? together : [packageName, ...together];
    super(
      `${neededBy} needs the package "${packageName}", which is not installed. Install it: npm install ${packages.join(' ')}`,
      { context: { packageName, neededBy } },
    );
    this.stack = this.message;
  }

  /** What `console.log` and Nest's logger show. */
  [inspect.custom](): string {
    return this.message;
  }
}
