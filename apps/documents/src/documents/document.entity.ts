import { Column, Entity, PrimaryColumn } from 'typeorm';
import { integerColumn } from './integer-column.js';

/** A stored document; its content is in the storage. */
@Entity('documents')
export class Document {
  /** A UUID of version 7: sorts by the time of creation. */
  @PrimaryColumn('varchar', { length: 36 })
  id!: string;

  /** The file's name as its client spelt it. */
  @Column('varchar', { length: 255 })
  name!: string;

  @Column('varchar', { name: 'content_type', length: 255 })
  contentType!: string;

  /** Bytes of the content. */
  @Column('bigint', { transformer: integerColumn })
  size!: number;

  /** SHA-256 of the content, in hexadecimal. */
  @Column('varchar', { length: 64 })
  sha256!: string;

  /** Milliseconds since 1970. */
  @Column('bigint', { name: 'created_at', transformer: integerColumn })
  createdAt!: number;

  /** What the client called this upload, so that repeating it makes no second document. */
  @Column('varchar', { name: 'idempotency_key', length: 255, nullable: true, unique: true })
  idempotencyKey!: string | null;
}
