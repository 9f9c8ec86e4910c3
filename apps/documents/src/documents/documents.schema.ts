import { Document } from './document.entity.js';
import { LostDocument } from './lost-document.entity.js';
import { CreateDocuments1764000000000 } from './migrations/1764000000000-create-documents.js';
import { CreatePendingContents1764300000000 } from './migrations/1764300000000-create-pending-contents.js';
import { PendingContent } from './pending-content.entity.js';

/** What documents keep in the database, and the migrations that lead there. */
export const documentsSchema = {
  entities: [Document, PendingContent, LostDocument],
  migrations: [CreateDocuments1764000000000, CreatePendingContents1764300000000],
};
