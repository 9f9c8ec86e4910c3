import { detectDatabaseError } from 'nestjs-mainstay/database';
import { ErrorDetector } from 'nestjs-mainstay/resilience';

/** Tells what kind of error something is, those of TypeORM's repositories included. */
export const errorDetector = new ErrorDetector([detectDatabaseError]);
