import type { IncomingMessage } from 'node:http';
import { Controller, Get, HttpStatus, Param, Res, StreamableFile } from '@nestjs/common';
import { Clock } from 'nestjs-mainstay/common';
import { setHeaders, type ResponseHead } from '../http/response-head.js';
import { RawRequest } from '../http/raw-request.decorator.js';
import { decideDelivery, deliveryHeaders } from './content-delivery.js';
import { DocumentIdPipe } from './document-id.pipe.js';
import { RangeNotSatisfiableError } from './documents.errors.js';
import { DocumentsService } from './documents.service.js';

/** The contents of documents over HTTP: whole, in part, or only if they are not known yet. */
@Controller('documents/:id/content')
export class DocumentContentController {
  readonly #documents: DocumentsService;
  readonly #clock: Clock;

  constructor(documents: DocumentsService, clock: Clock) {
    this.#documents = documents;
    this.#clock = clock;
  }

  /** The content as an attachment. It is opened only when bytes of it are sent. */
  @Get()
  async content(
    @Param('id', DocumentIdPipe) id: string,
    @RawRequest() request: IncomingMessage,
    @Res({ passthrough: true }) response: ResponseHead,
  ): Promise<StreamableFile | undefined> {
    const { document } = await this.#documents.find(id);
    const { size, contentType: type } = document;
    const delivery = decideDelivery(request, document, this.#clock.wallTime());
    if (delivery === 'unsatisfiable') {
      response.header('Content-Range', `bytes */${size}`);
      throw new RangeNotSatisfiableError(size);
    }
    const part = typeof delivery === 'string' ? undefined : delivery;
    const sendsBytes = delivery !== 'nothing' && request.method !== 'HEAD';
    const content = sendsBytes ? await this.#documents.open(document, part) : undefined;
    setHeaders(response, deliveryHeaders(document, delivery));
    if (part) response.status(HttpStatus.PARTIAL_CONTENT);
    if (content) return new StreamableFile(content.stream, { type });
    if (delivery !== 'nothing') return new StreamableFile(new Uint8Array(), { type, length: size });
    response.status(HttpStatus.NOT_MODIFIED);
    return undefined;
  }
}
