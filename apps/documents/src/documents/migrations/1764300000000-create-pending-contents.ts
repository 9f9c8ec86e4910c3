import { Table, type MigrationInterface, type QueryRunner } from 'typeorm';

/** The tables of contents that are no document, and of documents whose content is missing. */
export class CreatePendingContents1764300000000 implements MigrationInterface {
  readonly name = 'CreatePendingContents1764300000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.createTable(
      new Table({
        name: 'pending_contents',
        columns: [
          { name: 'id', type: 'varchar', length: '36', isPrimary: true },
          { name: 'owner', type: 'varchar', length: '128' },
          { name: 'lease_until', type: 'bigint' },
        ],
      }),
    );
    await queryRunner.createTable(
      new Table({
        name: 'lost_documents',
        columns: [
          { name: 'id', type: 'varchar', length: '36', isPrimary: true },
          { name: 'document', type: 'text' },
          { name: 'lost_at', type: 'bigint' },
        ],
      }),
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.dropTable('lost_documents');
    await queryRunner.dropTable('pending_contents');
  }
}
