import { redactText } from './redact-text.js';

/** How deep causes are followed. */
const MAX_DEPTH = 10;

/**
 * A copy of an error that is safe to keep and show: name, code, message and stack without secrets, and its causes
 * likewise. Drivers put parameters and URLs into enumerable properties; those are left out. An `AggregateError` without
 * a message, as Node gives for a host with several addresses, gets the messages of its errors.
 */
export function redactError(error: unknown, depth = 0): Error {
  if (!(error instanceof Error)) return new Error(redactText(describe(error)));
  const copy = new Error(redactText(error.message || messagesOf(error)));
  copy.name = error.name;
  if (error.stack !== undefined) copy.stack = redactText(error.stack);
  const code = (error as { code?: unknown }).code;
  if (typeof code === 'string' || typeof code === 'number') Object.assign(copy, { code });
  if (error.cause !== undefined && depth < MAX_DEPTH) {
    Object.defineProperty(copy, 'cause', {
      value: redactError(error.cause, depth + 1),
      enumerable: false,
    });
  }
  return copy;
}

function messagesOf(error: Error): string {
  const errors = (error as { errors?: unknown }).errors;
  if (!Array.isArray(errors)) return '';
  return errors.map((one) => (one instanceof Error ? one.message : describe(one))).join('; ');
}

/** What was thrown may be anything, even something that `String()` refuses. */
function describe(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value);
  const { message } = value as { message?: unknown };
  return typeof message === 'string' ? message : Object.prototype.toString.call(value);
}
