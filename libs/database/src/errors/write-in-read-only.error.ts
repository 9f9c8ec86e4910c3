/** A write that a transaction refused because it was asked to be read-only; the database itself may be written. */
export class WriteInReadOnlyError extends Error {
  override readonly name = 'WriteInReadOnlyError';
  readonly code: string;

  /** @param cause the engine's error, whose code does not tell the two apart */
  constructor(code: string, cause: unknown) {
    super('attempt to write in a transaction that is readOnly', { cause });
    this.code = code;
  }
}
