import { MainstayError } from 'nestjs-mainstay/common';

/** Chaos would have been staged in production, where nobody allowed it. Thrown at start. */
export class ChaosRefusedError extends MainstayError<'CHAOS_REFUSED'> {
  readonly code = 'CHAOS_REFUSED';

  constructor() {
    super(
      'Staged chaos is refused while NODE_ENV is production: it makes operations fail on purpose. ' +
        'Take it out of this application, or set MAINSTAY_CHAOS=allow in the environment of the process to have it.',
      { context: { variable: 'MAINSTAY_CHAOS' } },
    );
  }
}
