import { BadRequestException, Injectable, type PipeTransform } from '@nestjs/common';

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Whether `value` has the form of a document's id. */
export function isDocumentId(value: string): boolean {
  return UUID.test(value);
}

/** Lets only well-formed ids of documents through. */
@Injectable()
export class DocumentIdPipe implements PipeTransform<string, string> {
  transform(value: string): string {
    const id = value.toLowerCase();
    if (!isDocumentId(id)) throw new BadRequestException('The id of a document is a UUID.');
    return id;
  }
}
