import type { IncomingMessage } from 'node:http';
import {
  Controller,
  Delete,
  Get,
  Headers,
  HttpCode,
  Param,
  Post,
  Query,
  Res,
  StreamableFile,
} from '@nestjs/common';
import { attachmentHeaders } from 'nestjs-mainstay/storage';
import { RawRequest } from '../upload/raw-request.decorator.js';
import { UploadReceiver } from '../upload/upload.receiver.js';
import { DocumentIdPipe } from './document-id.pipe.js';
import { viewDocument, type DocumentView } from './document.view.js';
import { DocumentsService } from './documents.service.js';
import { readIdempotencyKey } from './idempotency-key.js';
import { cursorAfter, readPageRequest } from './page.js';

/** What both HTTP adapters' responses can do. */
interface HeaderTarget {
  header(name: string, value: string): unknown;
}

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

  constructor(documents: DocumentsService, uploads: UploadReceiver) {
    this.#documents = documents;
    this.#uploads = uploads;
  }

  /** Stores the file of a form; repeating an upload under its `Idempotency-Key` gives the first result again. */
  @Post()
  async create(
    @RawRequest() request: IncomingMessage,
    @Headers('idempotency-key') idempotencyKey: string | undefined,
    @Res({ passthrough: true }) response: HeaderTarget,
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
    @Res({ passthrough: true }) response: HeaderTarget,
  ): Promise<DocumentView> {
    const { document, cached } = await this.#documents.find(id);
    response.header('X-Cache', cached ? 'hit' : 'miss');
    return viewDocument(document);
  }

  /** The content as an attachment: it came from a user, so that a browser must neither show nor run it. */
  @Get(':id/content')
  async content(
    @Param('id', DocumentIdPipe) id: string,
    @Res({ passthrough: true }) response: HeaderTarget,
  ): Promise<StreamableFile> {
    const { document, content } = await this.#documents.open(id);
    const { contentType, name } = document;
    // The type is left to the StreamableFile: Express adds a charset to whatever type is set as a header.
    const { 'content-type': _, ...headers } = attachmentHeaders({ ...content, contentType }, name);
    for (const [header, value] of Object.entries(headers)) response.header(header, value);
    response.header('Content-Security-Policy', "default-src 'none'; sandbox");
    return new StreamableFile(content.stream, { type: contentType });
  }

  @Delete(':id')
  @HttpCode(204)
  async delete(@Param('id', DocumentIdPipe) id: string): Promise<void> {
    await this.#documents.delete(id);
  }
}
