import {
  BadRequestException,
  PayloadTooLargeException,
  UnsupportedMediaTypeException,
} from '@nestjs/common';
import { formatSize } from 'nestjs-mainstay/common';

/** The request does not carry a form. */
export class NotMultipartError extends UnsupportedMediaTypeException {
  constructor() {
    super('Send the file as multipart/form-data with a boundary.');
  }
}

/** The form cannot be read, or is not one file. */
export class MalformedUploadError extends BadRequestException {}

/** The client went away, or the body ended, before the form did. */
export class UploadBrokenOffError extends BadRequestException {
  constructor() {
    super('The upload broke off before the end of the form; nothing was stored.');
  }
}

/** The file, or what surrounds it, is larger than the service takes. */
export class UploadTooLargeError extends PayloadTooLargeException {
  constructor(maxBytes: number) {
    super(`A file may have at most ${formatSize(maxBytes)} (${maxBytes} bytes).`);
  }
}
