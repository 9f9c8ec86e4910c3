import { Column, Entity, PrimaryColumn } from 'typeorm';
import { integerColumn } from './integer-column.js';

/** A document whose content is missing. It is kept for the day on which the content is found. */
@Entity('lost_documents')
export class LostDocument {
  @PrimaryColumn('varchar', { length: 36 })
  id!: string;

  /** The document's row as JSON. */
  @Column('text')
  document!: string;

  /** When it was found out; milliseconds since 1970. */
  @Column('bigint', { name: 'lost_at', transformer: integerColumn })
  lostAt!: number;
}
