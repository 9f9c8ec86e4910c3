import { Logger } from '@nestjs/common';
import { redactError } from 'nestjs-mainstay/common';

/**
 * A Nest `Logger` that never throws: a broken transport changes nothing for the operation or resource that is logged.
 * The first failure of a logger is told by a process warning. @internal
 */
export class GuardedLogger {
  readonly #logger: Logger;
  readonly #context: string;
  #failed = false;

  constructor(context: string) {
    this.#context = context;
    this.#logger = new Logger(context);
  }

  debug(message: string): void {
    this.#guard(() => this.#logger.debug(message));
  }

  log(message: string): void {
    this.#guard(() => this.#logger.log(message));
  }

  warn(message: string): void {
    this.#guard(() => this.#logger.warn(message));
  }

  error(message: string, stack?: string): void {
    this.#guard(() => this.#logger.error(message, ...(stack === undefined ? [] : [stack])));
  }

  #guard(write: () => void): void {
    try {
      write();
    } catch (error) {
      if (this.#failed) return;
      this.#failed = true;
      const { name, message } = redactError(error);
      process.emitWarning(`The logger of the application failed: ${name}: ${message}`, {
        code: 'MAINSTAY_LOGGER_FAILED',
        detail: `It was writing for ${this.#context}. Further failures are not shown.`,
      });
    }
  }
}
