import { redactError } from './redact-error.js';

const BRAND = Symbol.for('nestjs-mainstay.error');

/** What a {@link MainstayError} carries beside its message. */
export interface MainstayErrorOptions {
  /** Facts for logs and handlers. Never secrets, keys of users, SQL parameters. */
  readonly context?: Readonly<Record<string, unknown>>;
  /** What led to this error; kept as a redacted copy (name, code, message, stack). */
  readonly cause?: unknown;
}

/**
 * Base of every error that Mainstay throws. Recognise one by its `code` (see {@link isMainstayError}), not by
 * `instanceof`: two copies of the package may meet in one process.
 */
export abstract class MainstayError<Code extends string = string> extends Error {
  /** The stable identity of the error. */
  abstract readonly code: Code;

  /** Facts for logs and handlers; no secrets. */
  readonly context: Readonly<Record<string, unknown>>;

  constructor(message: string, options: MainstayErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: redactError(options.cause) });
    this.name = new.target.name;
    this.context = options.context ?? {};
  }
}

// Not a property of each error: to define one takes as long as half of the rest.
Object.defineProperty(MainstayError.prototype, BRAND, { value: true });

/**
 * Tells whether `value` is an error of Mainstay, and of the given code.
 * @example
 * catch (error) { if (isMainstayError(error, 'CIRCUIT_OPEN')) … }
 */
export function isMainstayError<Code extends string>(
  value: unknown,
  code?: Code,
): value is MainstayError<Code> {
  if (typeof value !== 'object' || value === null) return false;
  try {
    return BRAND in value && (code === undefined || (value as { code?: unknown }).code === code);
  } catch {
    // A proxy that cannot be read is nobody's error.
    return false;
  }
}
