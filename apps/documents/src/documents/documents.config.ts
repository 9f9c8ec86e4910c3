import Joi from 'joi';
import { defineConfig, durationSchema, sizeSchema } from 'nestjs-mainstay/config';

/** What can be set about documents, as `DOCUMENTS_*`. */
export interface DocumentsConfig {
  /** The largest file, in bytes. */
  readonly maxBytes: number;
  /** How long a document's description is cached, in milliseconds. */
  readonly cacheTtl: number;
}

/** The variables `DOCUMENTS_*`. */
export const documentsConfig = defineConfig<DocumentsConfig>(
  'documents',
  Joi.object({
    maxBytes: sizeSchema()
      .default('1GiB')
      .description('The largest file that is taken.')
      .example('100MiB'),
    cacheTtl: durationSchema()
      .default('5m')
      .description('How long the description of a document is cached.')
      .example('30s'),
  }),
);
