import type { IncomingMessage } from 'node:http';
import {
  Controller,
  Delete,
  Get,
  Headers,
  HttpCode,
  HttpStatus,
  Param,
  Post,
  Query,
  Res,
} from '@nestjs/common';
import { Clock } from 'nestjs-mainstay/common';
import { entityTagOf } from '../conditional/entity-tag.js';
import { evaluatePreconditions, namesEntityTags } from '../conditional/preconditions.js';
import { RawRequest } from '../http/raw-request.decorator.js';
import { setHeaders, type ResponseHead } from '../http/response-head.js';
import { UploadReceiver } from '../upload/upload.receiver.js';
import { DocumentIdPipe } from './document-id.pipe.js';
import { viewDocument, type DocumentView } from './document.view.js';
import { PreconditionFailedError } from './documents.errors.js';
import { DocumentsService } from './documents.service.js';
import { readIdempotencyKey } from './idempotency-key.js';
import { cursorAfter, readPageRequest } from './page.js';

/** A page of documents, newest first. */
interface DocumentPage {
  readonly documents: readonly DocumentView[];
  /** What to pass as `cursor` for the next page; `null` on the last. */
  readonly nextCursor: string | null;
}

/** Documents over HTTP. */
@Controller('documents')
export class DocumentsController {
  readonly #documents: DocumentsService;
  readonly #uploads: UploadReceiver;
  readonly #clock: Clock;

  constructor(documents: DocumentsService, uploads: UploadReceiver, clock: Clock) {
    this.#documents = documents;
    this.#uploads = uploads;
    this.#clock = clock;
  }

  /** Stores the file of a form; repeating an upload under its `Idempotency-Key` gives the first result again. */
  @Post()
  async create(
    @RawRequest() request: IncomingMessage,
    @Headers('idempotency-key') idempotencyKey: string | undefined,
    @Res({ passthrough: true }) response: ResponseHead,
  ): Promise<DocumentView> {
    const key = readIdempotencyKey(idempotencyKey);
    const { document, replayed } = await this.#uploads.receive(request, (file) =>
      this.#documents.create(file, key),
    );
    const view = viewDocument(document);
    response.header('Location', view.links.self);
    if (replayed) response.header('Idempotency-Replayed', 'true');
    return view;
  }

  @Get()
  async list(
    @Query('limit') limit: unknown,
    @Query('cursor') cursor: unknown,
  ): Promise<DocumentPage> {
    const { documents, hasMore } = await this.#documents.list(readPageRequest(limit, cursor));
    const last = documents.at(-1);
    return {
      documents: documents.map(viewDocument),
      nextCursor: hasMore && last ? cursorAfter(last.id) : null,
    };
  }

  @Get(':id')
  async find(
    @Param('id', DocumentIdPipe) id: string,
    @RawRequest() request: IncomingMessage,
    @Res({ passthrough: true }) response: ResponseHead,
  ): Promise<DocumentView | undefined> {
    const { document, cache } = await this.#documents.find(id);
    const view = viewDocument(document);
    const etag = entityTagOf(JSON.stringify(view));
    const verdict = evaluatePreconditions(request.headers, { etag }, this.#clock.wallTime());
    if (verdict === 'failed') throw new PreconditionFailedError();
    setHeaders(response, { 'X-Cache': cache, ETag: etag, 'Cache-Control': 'private, no-cache' });
    if (verdict === 'proceed') return view;
    response.status(HttpStatus.NOT_MODIFIED);
    return undefined;
  }

  @Delete(':id')
  @HttpCode(204)
  async delete(
    @Param('id', DocumentIdPipe) id: string,
    @RawRequest() { headers }: IncomingMessage,
  ): Promise<void> {
    if (namesEntityTags(headers)) {
      const { document } = await this.#documents.find(id);
      const etag = entityTagOf(JSON.stringify(viewDocument(document)));
      const verdict = evaluatePreconditions(headers, { etag }, this.#clock.wallTime());
      if (verdict !== 'proceed') throw new PreconditionFailedError();
    }
    await this.#documents.delete(id);
  }
}
