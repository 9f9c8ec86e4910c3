import { BadRequestException, ConflictException, NotFoundException } from '@nestjs/common';

/** There is no such document. */
export class DocumentNotFoundError extends NotFoundException {
  constructor() {
    super('There is no document with this id.');
  }
}

/** The name of an uploaded file cannot be kept. */
export class InvalidFileNameError extends BadRequestException {}

/** An `Idempotency-Key` that is not one. */
export class InvalidIdempotencyKeyError extends BadRequestException {
  constructor() {
    super('Idempotency-Key must be 1 to 255 visible ASCII characters.');
  }
}

/** An `Idempotency-Key` that another document was uploaded with. */
export class IdempotencyConflictError extends ConflictException {
  constructor() {
    super('This Idempotency-Key was used for a different file.');
  }
}
