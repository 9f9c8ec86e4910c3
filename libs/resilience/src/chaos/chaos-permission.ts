import { ChaosRefusedError } from './chaos-refused.error.js';

/** Variables of the process. */
export type ChaosEnvironment = Readonly<Record<string, string | undefined>>;

/** Whether the process says that it runs in production. */
export function isProduction(environment: ChaosEnvironment): boolean {
  return environment['NODE_ENV'] === 'production';
}

/**
 * The second switch: in production, having chaos in the code is not enough. It is a variable of the process, and not of
 * a `.env` file or the code, so that it cannot be committed.
 * @throws ChaosRefusedError unless `MAINSTAY_CHAOS` is `allow`
 */
export function requireChaosAllowed(environment: ChaosEnvironment = process.env): void {
  if (environment['MAINSTAY_CHAOS'] !== 'allow') throw new ChaosRefusedError();
}
