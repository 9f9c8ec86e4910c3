import { redactText } from './redact-text.js';

/** How deep causes are followed. */
const MAX_DEPTH = 10;

/**
 * A copy of an error that is safe to keep and show: name, code, message and stack without secrets, and its causes
 * likewise. Drivers put parameters and URLs into enumerable properties; those are left out. An `AggregateError` without
 * a message, as Node gives for a host with several addresses, gets the messages of its errors. Never throws: what cannot
 * be read of an error (a getter that throws, a proxy) is left out.
 */
export function redactError(error: unknown, depth = 0): Error {
  if (!isError(error)) return new Error(redactText(describe(error)));
  const copy = new Error(redactText(textOf(error, 'message') || messagesOf(error)));
  copy.name = redactText(textOf(error, 'name')) || 'Error';
  const stack = textOf(error, 'stack');
  if (stack) copy.stack = redactText(stack);
  const code = read(error, 'code');
  if (typeof code === 'string') Object.assign(copy, { code: redactText(code) });
  else if (typeof code === 'number') Object.assign(copy, { code });
  const cause = read(error, 'cause');
  if (cause !== undefined && depth < MAX_DEPTH) {
    Object.defineProperty(copy, 'cause', {
      value: redactError(cause, depth + 1),
      enumerable: false,
    });
  }
  return copy;
}

function messagesOf(error: Error): string {
  try {
    const errors = read(error, 'errors');
    if (!Array.isArray(errors)) return '';
    return errors.map((one) => (isError(one) ? textOf(one, 'message') : describe(one))).join('; ');
  } catch {
    return '';
  }
}

/** What was thrown may be anything, even something that `String()` refuses. */
function describe(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value);
  const message = read(value, 'message');
  if (typeof message === 'string') return message;
  try {
    return Object.prototype.toString.call(value);
  } catch {
    return 'an object that cannot be read';
  }
}

function isError(value: unknown): value is Error {
  try {
    return value instanceof Error;
  } catch {
    return false;
  }
}

function textOf(error: object, property: string): string {
  const value = read(error, property);
  return typeof value === 'string' ? value : '';
}

function read(object: object, property: string): unknown {
  try {
    return (object as Record<string, unknown>)[property];
  } catch {
    return undefined;
  }
}
