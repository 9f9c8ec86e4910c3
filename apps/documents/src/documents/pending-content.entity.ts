import { Column, Entity, PrimaryColumn } from 'typeorm';
import { integerColumn } from './integer-column.js';

/**
 * A content that is no document, or will not be one for long: that of an upload until its document is there, and that of
 * a deleted document until it is removed. It is noted before the storage is touched, so that a crash leaves nothing that
 * nobody knows of.
 */
@Entity('pending_contents')
export class PendingContent {
  /** The id of the document. */
  @PrimaryColumn('varchar', { length: 36 })
  id!: string;

  /** The process that is at it, see `ProcessName`. */
  @Column('varchar', { length: 128 })
  owner!: string;

  /** Until when the owner is certainly at it, unless it is known to be dead; milliseconds since 1970. */
  @Column('bigint', { name: 'lease_until', transformer: integerColumn })
  leaseUntil!: number;
}
