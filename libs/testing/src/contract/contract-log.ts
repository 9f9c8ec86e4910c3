import { inspect } from 'node:util';
import type { LoggerService } from '@nestjs/common';

/** Keeps what is logged, as text, and writes nothing. */
export class ContractLog implements LoggerService {
  readonly #lines: string[] = [];

  /** All lines so far. */
  get lines(): readonly string[] {
    return this.#lines;
  }

  log(...parts: unknown[]): void {
    this.#add(parts);
  }

  error(...parts: unknown[]): void {
    this.#add(parts);
  }

  warn(...parts: unknown[]): void {
    this.#add(parts);
  }

  debug(...parts: unknown[]): void {
    this.#add(parts);
  }

  verbose(...parts: unknown[]): void {
    this.#add(parts);
  }

  fatal(...parts: unknown[]): void {
    this.#add(parts);
  }

  #add(parts: readonly unknown[]): void {
    this.#lines.push(
      parts
        .map((part) => (typeof part === 'string' ? part : inspect(part, { depth: 8 })))
        .join(' '),
    );
  }
}
