import { ListenerErrors } from 'nestjs-mainstay/resilience';
import type { Logger } from 'typeorm';

/** TypeORM's logger, which changes no query, migration or schema when it throws: that is counted and logged by ours. */
export class GuardedQueryLogger implements Logger {
  readonly #inner: Logger;
  readonly #errors = new ListenerErrors('DatabaseModule');

  constructor(inner: Logger) {
    this.#inner = inner;
  }

  logQuery(...event: Parameters<Logger['logQuery']>): void {
    this.#guard((): unknown => this.#inner.logQuery(...event));
  }

  logQueryError(...event: Parameters<Logger['logQueryError']>): void {
    this.#guard((): unknown => this.#inner.logQueryError(...event));
  }

  logQuerySlow(...event: Parameters<Logger['logQuerySlow']>): void {
    this.#guard((): unknown => this.#inner.logQuerySlow(...event));
  }

  logSchemaBuild(...event: Parameters<Logger['logSchemaBuild']>): void {
    this.#guard((): unknown => this.#inner.logSchemaBuild(...event));
  }

  logMigration(...event: Parameters<Logger['logMigration']>): void {
    this.#guard((): unknown => this.#inner.logMigration(...event));
  }

  log(...event: Parameters<Logger['log']>): void {
    this.#guard((): unknown => this.#inner.log(...event));
  }

  /** A logger may be asynchronous as well. */
  #guard(write: () => unknown): void {
    try {
      const written = write();
      if (written instanceof Promise) written.catch((error: unknown) => this.#report(error));
    } catch (error) {
      this.#report(error);
    }
  }

  #report(error: unknown): void {
    this.#errors.report("TypeORM's logger", error);
  }
}
