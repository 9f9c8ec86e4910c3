import {
  BadRequestException,
  ConflictException,
  HttpException,
  HttpStatus,
  NotFoundException,
  PreconditionFailedException,
  ServiceUnavailableException,
} from '@nestjs/common';

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

/** The document is not in the state that the request's `If-Match` or `If-Unmodified-Since` names. */
export class PreconditionFailedError extends PreconditionFailedException {
  constructor() {
    super('The document is not in the state that the request was made for.');
  }
}

/** No byte of the content lies in the range that was asked for. */
export class RangeNotSatisfiableError extends HttpException {
  constructor(size: number) {
    super(`The content has ${size} bytes.`, HttpStatus.REQUESTED_RANGE_NOT_SATISFIABLE);
  }
}

/** An upload took so long without a sign of life that its content was given up; see `PendingContents`. */
export class ContentTakenError extends ServiceUnavailableException {
  constructor() {
    super('The upload was given up because it stood still for too long. Send it again.');
  }
}
