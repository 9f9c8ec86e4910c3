import type { Classification } from 'nestjs-mainstay/resilience';

/** What an operator can do about an initialisation that failed, in one sentence. */
export function initializationAdvice(classification: Classification): string {
  switch (classification.kind) {
    case 'unavailable':
    case 'transient':
      return 'Check that it is running, reachable at the configured address and able to take writes.';
    case 'timeout':
      return 'It did not answer in time: check that it is not stopped or overloaded, and that no firewall drops the packets.';
    case 'throttled':
      return 'It asks to slow down: check its limits.';
    case 'permanent':
      return classification.reason === 'auth'
        ? 'It refuses the credentials or the permissions: check them in the configuration.'
        : 'The configuration does not fit: check it, and start again with the right one.';
    default:
      return 'This error is not known to Mainstay: see its stack.';
  }
}

/** Whether even an application that starts degraded must not start: only a change of its configuration helps. */
export function endsBoot({ kind, reason }: Classification): boolean {
  return kind === 'permanent' && (reason === 'auth' || reason === 'configuration');
}
