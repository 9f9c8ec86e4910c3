/** How Redis ends its reply to a command it does not know: with what it was sent, passwords and keys included. */
const REPEATED = /,? with args beginning with:[^\n]*/g;

/** Takes out of an error what Redis repeats of the arguments of a command. @returns the same error */
export function redactReply(error: Error): Error {
  if (!error.message.includes('with args beginning with')) return error;
  const { message, stack } = error;
  error.message = message.replace(REPEATED, '');
  if (stack !== undefined) error.stack = stack.replace(REPEATED, '');
  return error;
}
